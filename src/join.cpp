#include "runwatch/join.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using order = std::vector<std::size_t>;
using errors = std::vector<std::exception_ptr>;

/// Throws the first exception, in the order in which the loops ended, that is not the echo of a cancellation.
void rethrow_first(order const& ended, errors const& thrown) {
    for (auto const index : ended)
        if (thrown[index] && !is_cancellation(thrown[index]))
            std::rethrow_exception(thrown[index]);
}

template <class Condition>
asio::awaitable<std::pair<order, errors>> run_all(std::vector<asio::awaitable<void>> loops, Condition condition) {
    auto const executor = co_await asio::this_coro::executor;
    auto const start = [&executor](asio::awaitable<void> loop) {
        return asio::co_spawn(executor, std::move(loop), asio::deferred);
    };
    std::vector<decltype(start(std::move(loops.front())))> operations;
    operations.reserve(loops.size());
    for (auto& loop : loops)
        operations.push_back(start(std::move(loop)));
    auto group = asio::experimental::make_parallel_group(std::move(operations));
    auto ended = co_await group.async_wait(condition, asio::use_awaitable);
    std::pair<order, errors> answer{std::move(std::get<0>(ended)), std::move(std::get<1>(ended))};
    co_return answer;
}

} // namespace

bool is_cancellation(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (boost::system::system_error const& caught) {
        return caught.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

asio::awaitable<void> join(std::vector<asio::awaitable<void>> loops) {
    if (loops.empty())
        co_return;
    auto const ended = co_await run_all(std::move(loops), asio::experimental::wait_for_one_error());
    rethrow_first(ended.first, ended.second);
    // All that is left is cancellation: pass it on if any loop was cut short by it.
    for (auto const& error : ended.second)
        if (error)
            std::rethrow_exception(error);
}

asio::awaitable<std::size_t> race(std::vector<asio::awaitable<void>> loops) {
    auto const ended = co_await run_all(std::move(loops), asio::experimental::wait_for_one());
    rethrow_first(ended.first, ended.second);
    auto const first = ended.first.front();
    if (ended.second[first])
        std::rethrow_exception(ended.second[first]);
    co_return first;
}

} // namespace runwatch
