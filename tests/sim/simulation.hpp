#pragma once

#include "sim/api.hpp"
#include "sim/report.hpp"

#include <memory>
#include <string>

namespace runwatch::sim {

/// A play of a scenario from its start: the API, the report about it, and the clock that both go by.
///
/// The scenario must outlive it. Single-threaded.
class simulation {
public:
    /// An empty key accepts every bearer.
    simulation(scenario const& play, std::string api_key);

    /// Decides what a request gets. Also serves `/sim/report` and `/sim/reset`.
    answer answer_to(request const& asked);

    /// Tells the report that a client has got an answer.
    void note_answer(answer const& reply);

    /// The time of day that the stand-in believes in, as a Date header.
    std::string const& date();

    report& counts() { return play_through_->counts; }

    scenario const& play() const { return play_; }

    /// The whole report as JSON.
    std::string report_json(bool with_runs) const;

private:
    /// What a reset begins anew.
    struct play_through {
        play_through(scenario const& play, std::string const& api_key);

        instant began = boottime_clock::now();
        timestamp epoch = std::chrono::floor<duration>(std::chrono::system_clock::now());
        api service;
        report counts;
    };

    duration now() const;
    answer serve_controls(request const& asked);

    scenario const& play_;
    std::string api_key_;
    std::unique_ptr<play_through> play_through_;
    std::string date_;
    std::chrono::sys_seconds date_of_{};
};

} // namespace runwatch::sim
