#pragma once

#include "runwatch/result.hpp"
#include "runwatch/run.hpp"

#include <boost/asio/awaitable.hpp>

namespace runwatch {

/// The seam through which runs are looked at: the Telnyx API, or a script in tests.
class run_source {
public:
    virtual ~run_source() = default;

    /// Takes one look at a run. Throws system_error(operation_aborted) when cancelled; every other trouble is a
    /// failure.
    virtual boost::asio::awaitable<result<test_run>> fetch(run_key key) = 0;
};

} // namespace runwatch
