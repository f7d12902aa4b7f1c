#include "net/channel.hpp"

#include "net/channel_bio.hpp"
#include "net/tls.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/system/system_error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

boost::system::error_code last_system_error() { return {errno, boost::system::system_category()}; }

/// A few records of TLS, so that a long answer takes few rounds through the loop.
constexpr std::size_t most_received_at_once = std::size_t{32} * 1024;

/// OpenSSL counts in int.
int size_for_openssl(std::size_t bytes) { return static_cast<int>(std::min<std::size_t>(bytes, INT_MAX)); }

/// What OpenSSL says of its next failure counts from here. To clear what is clear takes surprisingly long.
void forget_openssl_errors() {
    if (::ERR_peek_error() != 0)
        ::ERR_clear_error();
}

} // namespace

void channel::free_session::operator()(SSL* session) const { ::SSL_free(session); }

channel::channel(asio::any_io_executor const& executor, deadlines& all)
    : socket_(executor), deadline_(all, [this] {
          boost::system::error_code ignored;
          socket_.cancel(ignored);
      }) {}

/// Asio reports cancellation as an error code like any other; ours is an exception, unless the deadline caused it.
void channel::heed_deadline(error_code& error) const {
    if (error != asio::error::operation_aborted)
        return;
    if (!deadline_.has_passed())
        throw boost::system::system_error{error};
    error = boost::beast::error::timeout;
}

asio::awaitable<void> channel::connect(asio::generic::stream_protocol::endpoint to, error_code& error) {
    co_await socket_.async_connect(to, asio::redirect_error(asio::use_awaitable, error));
    heed_deadline(error);
    if (error)
        co_return;
    // A unix socket has no such option, and no delay.
    boost::system::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.native_non_blocking(true, error);
}

SSL* channel::begin_tls(asio::ssl::context& context, origin const& peer) {
    session_.reset(::SSL_new(context.native_handle()));
    if (!session_)
        throw std::bad_alloc{};
    auto* const bio = make_channel_bio(socket_.native_handle(), received_);
    ::SSL_set_bio(session_.get(), bio, bio);
    ::SSL_set_connect_state(session_.get());
    return expect_peer(session_.get(), peer) ? session_.get() : nullptr;
}

asio::awaitable<void> channel::shake_hands(error_code& error) {
    for (;;) {
        forget_openssl_errors();
        auto const tried = judge(::SSL_do_handshake(session_.get()), error);
        if (!tried.waits_for)
            co_return;
        co_await wait_until(*tried.waits_for, error);
        if (error)
            co_return;
    }
}

asio::awaitable<void> channel::write(std::string_view text, error_code& error) {
    just_wrote_ = true;
    while (!text.empty()) {
        auto const tried = try_write(text, error);
        text.remove_prefix(tried.bytes);
        if (tried.waits_for)
            co_await wait_until(*tried.waits_for, error);
        if (error)
            co_return;
    }
}

asio::awaitable<std::size_t> channel::read(asio::mutable_buffer into, error_code& error) {
    // What came along with the end of the handshake, as session tickets do, TLS has not read yet.
    if (std::exchange(just_wrote_, false) && received_.empty()) {
        if (!session_)
            co_return co_await receive(into, error);
        co_await receive_for_tls(error);
    }
    while (!error) {
        auto const tried = try_read(into, error);
        if (!tried.waits_for)
            co_return tried.bytes;
        co_await wait_until(*tried.waits_for, error);
    }
    co_return 0;
}

asio::awaitable<void> channel::let_others_run(error_code& error) {
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    if (deadline_.has_passed())
        error = boost::beast::error::timeout;
}

asio::awaitable<void> channel::wait_until(readiness what, error_code& error) {
    if (session_ && what == asio::socket_base::wait_read) {
        co_await receive_for_tls(error);
        co_return;
    }
    if (deadline_.has_passed()) {
        error = boost::beast::error::timeout;
        co_return;
    }
    co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
    heed_deadline(error);
}

/// Waits for what comes next, and takes it at once: Asio sets the socket's readiness up anew for each wait without a
/// read, which costs as much as the read.
asio::awaitable<std::size_t> channel::receive(asio::mutable_buffer into, error_code& error) {
    if (deadline_.has_passed()) {
        error = boost::beast::error::timeout;
        co_return 0;
    }
    auto const bytes = co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, error));
    heed_deadline(error);
    co_return bytes;
}

/// Only called once TLS has read all that came before.
asio::awaitable<void> channel::receive_for_tls(error_code& error) {
    received_.bytes.resize(most_received_at_once);
    received_.taken = received_.filled = 0;
    auto const into = asio::buffer(received_.bytes);
    received_.filled = co_await receive(into, error);
    if (error != asio::error::eof)
        co_return;
    // What an end means here, TLS knows.
    received_.ended = true;
    error = {};
}

channel::attempt channel::try_write(std::string_view text, error_code& error) {
    attempt tried;
    if (session_) {
        forget_openssl_errors();
        return judge(::SSL_write(session_.get(), text.data(), size_for_openssl(text.size())), error);
    }
    auto const sent = ::send(socket_.native_handle(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        tried.bytes = static_cast<std::size_t>(sent);
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
        tried.waits_for = asio::socket_base::wait_write;
    else if (errno != EINTR)
        error = last_system_error();
    return tried;
}

channel::attempt channel::try_read(asio::mutable_buffer into, error_code& error) {
    attempt tried;
    if (session_) {
        forget_openssl_errors();
        return judge(::SSL_read(session_.get(), into.data(), size_for_openssl(into.size())), error);
    }
    auto const received = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    if (received > 0)
        tried.bytes = static_cast<std::size_t>(received);
    else if (received == 0)
        error = asio::error::eof;
    else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        tried.waits_for = asio::socket_base::wait_read;
    else
        error = last_system_error();
    return tried;
}

/// What an outcome of OpenSSL's means.
channel::attempt channel::judge(int outcome, error_code& error) {
    attempt tried;
    if (outcome > 0) {
        tried.bytes = static_cast<std::size_t>(outcome);
        return tried;
    }
    auto const why_system = last_system_error();
    switch (::SSL_get_error(session_.get(), outcome)) {
    case SSL_ERROR_WANT_READ:
        tried.waits_for = asio::socket_base::wait_read;
        break;
    case SSL_ERROR_WANT_WRITE:
        tried.waits_for = asio::socket_base::wait_write;
        break;
    case SSL_ERROR_ZERO_RETURN:
        error = asio::error::eof;
        break;
    case SSL_ERROR_SYSCALL:
        error = why_system ? why_system : asio::ssl::error::stream_truncated;
        break;
    default: {
        auto const why = ::ERR_get_error();
        if (ERR_GET_REASON(why) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
            error = asio::ssl::error::stream_truncated;
        else
            error = error_code{static_cast<int>(why), asio::error::get_ssl_category()};
        break;
    }
    }
    return tried;
}

bool channel::is_idle() {
    char byte = 0;
    auto const read = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    auto const silent = read < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    // Data on an idle connection is a TLS close or an answer to nothing: either way it is done. TLS may have read it
    // already, behind the last answer.
    return silent && received_.empty() && (!session_ || ::SSL_has_pending(session_.get()) == 0);
}

} // namespace runwatch
