#pragma once

#include "runwatch/result.hpp"
#include "runwatch/run.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <utility>
#include <vector>

namespace runwatch {

/// What is to be started: one run of a test, or one of each test in a suite.
struct run_order {
    /// Empty for a suite.
    std::string test_id;
    /// The suite's name; empty for a test.
    std::string suite;
    /// Which version of the assistant to test; empty for the one that the test names.
    std::string version;
    /// Names this order to the API, which starts it once however often it is sent: 1 to 255 letters, digits, `_` and
    /// `-` that no other order has.
    std::string idempotency_key;

    run_order() = default;

    run_order(std::string test_id_, std::string suite_) : test_id(std::move(test_id_)), suite(std::move(suite_)) {}
};

/// The order in words: `the test T`, `the suite "nightly"`.
std::string describe(run_order const& order);

/// What an order has started.
struct started_runs {
    /// As the API showed them when they were created; one that it showed without a status has none. A suite may have
    /// none to start.
    std::vector<test_run> runs;
    /// Why a run that the API says it has started is not among them: the answer does not name it. Empty if all are.
    std::string flaw;

    started_runs() = default;
};

/// The seam through which runs are started: the Telnyx API, or a script in tests.
class run_starter {
public:
    virtual ~run_starter() = default;

    /// Starts what is ordered, or finds out what an earlier attempt with the same order has started. Throws
    /// system_error(operation_aborted) when cancelled; every other trouble is a failure. After one that is transient
    /// the runs may have been started all the same: only another attempt tells.
    virtual boost::asio::awaitable<result<started_runs>> start(run_order order) = 0;
};

} // namespace runwatch
