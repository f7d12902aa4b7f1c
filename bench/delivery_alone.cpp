// What a delivery cannot do without, measured alone: appends a page to a file, syncs it, and posts a message over
// HTTPS, again and again: `bench_delivery_alone URL CA_FILE FILE COUNT`. Each message says in its body when it began,
// in nanoseconds of CLOCK_MONOTONIC, so that the receiver knows how long it took. Between two of them everybody sleeps,
// as between two runs that end: a core and a disk that have just been at work are several times as quick as those that
// must wake up.
#include "support.hpp"

#include "runwatch/http_client.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;

using namespace runwatch;

namespace {

/// What SQLite writes at least.
constexpr std::size_t page_bytes = 4096;
/// As long as a result of the other measurement is.
constexpr std::size_t message_bytes = 1800;
/// As long as a daemon sleeps that looks at 50 runs once a second.
constexpr std::chrono::milliseconds between_messages{20};

void append_synced(int file) {
    static std::string const page(page_bytes, 'x');
    if (::write(file, page.data(), page.size()) != static_cast<ssize_t>(page.size()) || ::fdatasync(file) != 0)
        throw std::runtime_error{"the file cannot be written"};
}

asio::awaitable<void> post(http_client& client, std::string url, int file, std::size_t count) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    for (std::size_t index = 0; index < count; ++index) {
        timer.expires_after(between_messages);
        co_await timer.async_wait(asio::use_awaitable);
        http_request request;
        request.method = "POST";
        request.url = url;
        request.body = std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + ' ';
        request.body.resize(message_bytes, '.');
        append_synced(file);
        auto const answer = co_await client.send(std::move(request));
        if (!answer || answer->status / 100 != 2)
            throw std::runtime_error{answer ? "refused" : answer.error().message};
    }
}

} // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        std::fprintf(stderr, "usage: %s URL CA_FILE FILE COUNT\n", arguments[0]);
        return 64;
    }
    auto const file = ::open(arguments[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    asio::io_context loop{1};
    http_options options;
    options.ca_file = arguments[2];
    http_client client{loop.get_executor(), options};
    bench::run(loop, post(client, arguments[1], file, std::strtoul(arguments[4], nullptr, 10)));
    ::close(file);
    return 0;
}
