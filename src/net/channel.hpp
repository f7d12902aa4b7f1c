#pragma once

#include "net/channel_bio.hpp"
#include "net/deadlines.hpp"
#include "net/origin.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace runwatch {

/// Bytes to a peer and back: a connection over TCP or a unix socket, over which TLS may be begun, with one deadline for
/// all that is done on it.
///
/// Asio's own stream of TLS copies every byte through buffers of its own and takes several rounds through the loop for
/// a message; here OpenSSL takes what the loop has received as it is, writes to the socket itself, and the loop is
/// asked only where that would block.
///
/// Errors are those of the system, of OpenSSL, or beast::error::timeout once the deadline has passed; the channel is
/// then of no more use. Throws system_error(operation_aborted) when cancelled. Loop thread only.
class channel {
public:
    using error_code = boost::system::error_code;

    /// `all` must outlive the channel.
    channel(boost::asio::any_io_executor const& executor, deadlines& all);

    channel(channel const&) = delete;
    channel& operator=(channel const&) = delete;

    /// From now on nothing is waited for beyond this moment.
    void set_deadline(deadline::time until) { deadline_.set(until); }

    /// Nothing is under way: leaves nothing in the loop.
    void lift_deadline() { deadline_.lift(); }

    boost::asio::awaitable<void> connect(boost::asio::generic::stream_protocol::endpoint to, error_code& error);

    /// Makes what comes from now on go through TLS. Returns what the handshake is judged by; null if OpenSSL cannot
    /// check the peer's name.
    SSL* begin_tls(boost::asio::ssl::context& context, origin const& peer);

    boost::asio::awaitable<void> shake_hands(error_code& error);

    /// Writes all of a text, which must stay until then.
    boost::asio::awaitable<void> write(std::string_view text, error_code& error);

    /// Reads what is there, or what comes next. asio::error::eof once the peer has closed in good order.
    boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into, error_code& error);

    /// Lets the loop do other work, in the middle of what never has to wait. Fails once the deadline has passed.
    boost::asio::awaitable<void> let_others_run(error_code& error);

    /// Tells whether the connection is open and silent, as an idle one must be.
    bool is_idle();

private:
    using socket = boost::asio::generic::stream_protocol::socket;
    using readiness = socket::wait_type;

    /// What was tried: done, failed with an error, or to be tried again once the socket is ready.
    struct attempt {
        std::size_t bytes = 0;
        std::optional<readiness> waits_for;
    };

    struct free_session {
        void operator()(SSL* session) const;
    };

    attempt try_write(std::string_view text, error_code& error);
    attempt try_read(boost::asio::mutable_buffer into, error_code& error);
    attempt judge(int outcome, error_code& error);
    boost::asio::awaitable<void> wait_until(readiness what, error_code& error);
    boost::asio::awaitable<std::size_t> receive(boost::asio::mutable_buffer into, error_code& error);
    boost::asio::awaitable<void> receive_for_tls(error_code& error);
    void heed_deadline(error_code& error) const;

    socket socket_;
    deadline deadline_;
    /// What TLS has not read yet.
    received_bytes received_;
    /// What was asked for cannot be there yet.
    bool just_wrote_ = false;
    /// Null without TLS.
    std::unique_ptr<SSL, free_session> session_;
};

} // namespace runwatch
