#include "cli/run_to_end.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {

void run_to_end(asio::io_context& loop, asio::awaitable<void> coroutine) {
    std::exception_ptr trouble;
    asio::co_spawn(loop, std::move(coroutine), [&trouble](std::exception_ptr thrown) { trouble = std::move(thrown); });
    loop.run();
    if (trouble)
        std::rethrow_exception(trouble);
}

} // namespace runwatch::cli
