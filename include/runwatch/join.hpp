#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <exception>
#include <vector>

namespace runwatch {

/// Tells whether an exception says that a coroutine was cancelled.
bool is_cancellation(std::exception_ptr const& error);

/// Runs all loops side by side until every one has ended. The first that throws cancels the others; once they have
/// ended too, its exception is thrown on. Cancelling this cancels them all.
boost::asio::awaitable<void> join(std::vector<boost::asio::awaitable<void>> loops);

/// Runs all loops side by side until the first has ended, cancels the others, and returns the index of the first once
/// they have ended too. An exception other than cancellation is thrown on. Cancelling this cancels them all.
boost::asio::awaitable<std::size_t> race(std::vector<boost::asio::awaitable<void>> loops);

} // namespace runwatch
