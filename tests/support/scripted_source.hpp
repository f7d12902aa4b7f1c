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

    /// What the given reading of a list, counted from 0 over all lists and pages, brings.
    using list_script = std::function<result<run_page>(run_list const& what, std::size_t page, std::size_t reading)>;

    /// What asking about a test, counted from 0 over all tests, brings.
    using test_script = std::function<result<test_description>(std::string const& test_id, std::size_t question)>;

    struct look {
        run_key key;
        instant at;
    };

    struct reading {
        run_list what;
        std::size_t page;
        instant at;
    };

    struct question {
        std::string test_id;
        instant at;
    };

    scripted_source(clock& clock, script answer) : clock_(clock), answer_(std::move(answer)) {}

    boost::asio::awaitable<result<test_run>> fetch(run_key key) override;
    boost::asio::awaitable<result<run_page>> list(run_list what, std::size_t page) override;
    boost::asio::awaitable<result<std::vector<std::string>>> list_suites() override;
    boost::asio::awaitable<result<test_description>> describe(std::string test_id) override;

    /// Answers what is asked about lists from now on; until then there are none, which is a permanent failure.
    void answer_lists(list_script answer) { list_answer_ = std::move(answer); }

    /// Answers what is asked about tests from now on; until then that is a permanent failure.
    void answer_tests(test_script answer) { test_answer_ = std::move(answer); }

    /// The looks that were begun so far, in order.
    std::vector<look> const& looks() const { return looks_; }

    /// How often this run has been looked at.
    std::size_t looks_at(run_key const& key) const;

    /// The readings of lists that were begun so far, in order.
    std::vector<reading> const& readings() const { return readings_; }

    /// What was asked about tests so far, in order.
    std::vector<question> const& questions() const { return questions_; }

    /// Looks, readings and questions together.
    std::size_t requests() const { return looks_.size() + readings_.size() + questions_.size(); }

    /// The most requests that were under way at once.
    std::size_t most_in_flight() const { return most_in_flight_; }

    /// The names of suites; a failure until they are set.
    result<std::vector<std::string>> suites = failure(failure_kind::permanent, "no suites here");

    /// How long a request takes. The answer is of the time when it comes.
    duration latency{0};

private:
    boost::asio::awaitable<void> take_time();

    clock& clock_;
    script answer_;
    list_script list_answer_;
    test_script test_answer_;
    std::vector<look> looks_;
    std::vector<reading> readings_;
    std::vector<question> questions_;
    std::unordered_map<run_key, std::size_t> counts_;
    std::size_t in_flight_ = 0;
    std::size_t most_in_flight_ = 0;
};

/// A page of a list that shows these runs, whole, and says nothing of how long the list is.
run_page page_of(std::vector<test_run> runs);

/// A look at a run that has this status.
test_run run_in(run_key const& key, std::string const& status);

} // namespace runwatch::support
