#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace runwatch::cli {

/// Runs the loop until the coroutine, and all else on it, has ended. Throws what the coroutine threw.
void run_to_end(boost::asio::io_context& loop, boost::asio::awaitable<void> coroutine);

} // namespace runwatch::cli
