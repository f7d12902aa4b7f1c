#pragma once

#include "runwatch/result.hpp"
#include "runwatch/run.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace runwatch {

/// A list of runs that the API can show: those of a test, of a suite, or of one run of a suite.
struct run_list {
    /// Empty for a suite's list.
    std::string test_id;
    /// The suite's name; empty for a test's list.
    std::string suite;
    /// Which of the suite's runs; empty for all of them.
    std::string suite_run_id;
    /// The API's word for the status that runs must have; empty for any. Whether the API heeds it is not sure.
    std::string status;

    run_list() = default;

    /// The runs of a test.
    explicit run_list(std::string test_id_) : test_id(std::move(test_id_)) {}

    /// The runs of one run of a suite.
    run_list(std::string suite_, std::string suite_run_id_)
        : suite(std::move(suite_)), suite_run_id(std::move(suite_run_id_)) {}

    bool operator==(run_list const&) const = default;
};

/// A run as a list shows it; one without a status says only that there is this run. By a test's list it is named as
/// that list was asked for, else as the API names it.
struct listed_run {
    test_run run;
    /// Holds all that a fetch would bring: `detail_status` and `logs` are there and not null.
    bool whole = false;

    listed_run() = default;

    listed_run(test_run run_, bool whole_) : run(std::move(run_)), whole(whole_) {}
};

/// How many runs a full page of a list holds.
inline constexpr std::size_t runs_per_page = 100;

/// One page of a list. What its entries say is as good as what a fetch brings, but that a run is missing says nothing:
/// the order of lists is not documented, and they change between two pages.
struct run_page {
    /// In the API's order. A run may be there twice, and one whose entry makes no sense is left out.
    std::vector<listed_run> runs;
    /// 0 if the API does not tell.
    std::size_t total_pages = 0;
    /// 0 if the API does not tell.
    std::size_t total_results = 0;
    /// How far the API's clock is ahead of ours: what was taken out of the times of the runs.
    duration skew{0};

    run_page() = default;
};

/// What the API says of a test itself, as far as it matters here.
struct test_description {
    /// The suite that the test is in; empty for none.
    std::string suite;
    /// The longest that the conversation of a run may last; queueing and judging come on top. Nothing if not told.
    std::optional<duration> max_duration;

    test_description() = default;

    test_description(std::string suite_, std::optional<duration> max_duration_)
        : suite(std::move(suite_)), max_duration(max_duration_) {}
};

/// The seam through which runs are looked at: the Telnyx API, or a script in tests.
class run_source {
public:
    virtual ~run_source() = default;

    /// Takes one look at a run. Throws system_error(operation_aborted) when cancelled; every other trouble is a
    /// failure.
    virtual boost::asio::awaitable<result<test_run>> fetch(run_key key) = 0;

    /// Reads one page of a list, of runs_per_page runs, counted from 1. Fails and throws as fetch() does.
    virtual boost::asio::awaitable<result<run_page>> list(run_list what, std::size_t page) = 0;

    /// Asks for the names of all suites. Fails and throws as fetch() does.
    virtual boost::asio::awaitable<result<std::vector<std::string>>> list_suites() = 0;

    /// Asks about a test itself. Fails and throws as fetch() does.
    virtual boost::asio::awaitable<result<test_description>> describe(std::string test_id) = 0;
};

} // namespace runwatch
