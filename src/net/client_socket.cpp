#include "net/client_socket.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// What the client has to take within its patience.
constexpr std::size_t slice = std::size_t{64} * 1024;

/// What the kernel may hold of an answer that a client does not take.
constexpr int send_buffer = 128 * 1024;

boost::system::error_code last_system_error() { return {errno, boost::system::system_category()}; }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

} // namespace

client_socket::client_socket(asio::any_io_executor const& executor, int descriptor, bool is_unix, deadlines& all)
    : socket_(executor), deadline_(all, [this] { cancel(); }) {
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    int const on = 1;
    if (!is_unix)
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // The family matters only to sockets that are yet to be made.
    asio::generic::stream_protocol const protocol(is_unix ? AF_UNIX : AF_INET, 0);
    error_code error;
    socket_.assign(protocol, descriptor, error);
    if (!error)
        socket_.native_non_blocking(true, error);
    if (error) {
        if (!socket_.is_open())
            ::close(descriptor);
        throw boost::system::system_error{error};
    }
}

void client_socket::allow(duration time) { deadline_.set(std::chrono::steady_clock::now() + time); }

void client_socket::allow_for_ever() { deadline_.lift(); }

void client_socket::interrupt() {
    interrupted_ = true;
    cancel();
}

void client_socket::cancel() {
    error_code ignored;
    socket_.cancel(ignored);
}

asio::awaitable<void> client_socket::read(std::string& onto, error_code& error) {
    // One loop thread: nothing is in here across a wait.
    static std::array<char, std::size_t{16} * 1024> bytes;
    for (;;) {
        auto const received = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (received > 0) {
            onto.append(bytes.data(), static_cast<std::size_t>(received));
            co_return;
        }
        if (received == 0)
            error = asio::error::eof;
        else if (would_block())
            co_await wait(asio::socket_base::wait_read, error);
        else if (errno != EINTR)
            error = last_system_error();
        if (error)
            co_return;
    }
}

asio::awaitable<void> client_socket::write(std::string_view text, duration patience, error_code& error) {
    std::size_t taken = 0;
    allow(patience);
    while (!text.empty()) {
        auto const sent = ::send(socket_.native_handle(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            text.remove_prefix(static_cast<std::size_t>(sent));
            taken += static_cast<std::size_t>(sent);
            if (taken >= slice) {
                taken = 0;
                allow(patience);
            }
        } else if (would_block()) {
            co_await wait(asio::socket_base::wait_write, error);
        } else if (errno != EINTR) {
            error = last_system_error();
        }
        if (error)
            break;
    }
    if (!error)
        allow_for_ever();
}

void client_socket::finish() {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

/// Asio reports cancellation as an error code like any other; ours is an exception, unless we caused it here.
asio::awaitable<void> client_socket::wait(asio::socket_base::wait_type what, error_code& error) {
    if (!deadline_.has_passed() && !interrupted_)
        co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
    if (deadline_.has_passed())
        error = asio::error::timed_out;
    else if (interrupted_)
        error = asio::error::shut_down;
    else if (error == asio::error::operation_aborted)
        throw boost::system::system_error{error};
}

} // namespace runwatch
