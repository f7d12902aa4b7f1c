#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/run_source.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace runwatch::support {

/// A source of runs that answers as the test says, after as long as the test says, and remembers who asked when.
class scripted_source : public run_source {
public:
    /// What the given look at a run, counted from 0, brings.
    using script = std::function<result<test_run>(run_key const& key, std::size_t look)>;

    struct look {
        run_key key;
        instant at;
    };

    scripted_source(clock& clock, script answer) : clock_(clock), answer_(std::move(answer)) {}

    boost::asio::awaitable<result<test_run>> fetch(run_key key) override;

    /// The looks that were begun so far, in order.
    std::vector<look> const& looks() const { return looks_; }

    /// How often this run has been looked at.
    std::size_t looks_at(run_key const& key) const;

    /// The most looks that were under way at once.
    std::size_t most_in_flight() const { return most_in_flight_; }

    /// How long a look takes.
    duration latency{0};

private:
    clock& clock_;
    script answer_;
    std::vector<look> looks_;
    std::unordered_map<run_key, std::size_t> counts_;
    std::size_t in_flight_ = 0;
    std::size_t most_in_flight_ = 0;
};

/// A look at a run that has this status.
test_run run_in(run_key const& key, std::string const& status);

} // namespace runwatch::support
