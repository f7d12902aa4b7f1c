#pragma once

#include "net/origin.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace runwatch {

/// Bytes to a peer and back: a TCP connection, over which TLS may be begun, with one deadline for all that is done on
/// it.
///
/// Asio's own stream of TLS copies every byte through buffers of its own and takes several rounds through the loop for
/// a message; here OpenSSL reads and writes the socket itself, and the loop is asked only where that would block.
///
/// Errors are those of the system, of OpenSSL, or beast::error::timeout once the deadline has passed; the channel is
/// then of no more use. Throws system_error(operation_aborted) when cancelled. Loop thread only.
class channel {
public:
    using deadline_time = std::chrono::steady_clock::time_point;
    using error_code = boost::system::error_code;

    explicit channel(boost::asio::any_io_executor executor);
    ~channel();

    channel(channel const&) = delete;
    channel& operator=(channel const&) = delete;

    /// From now on nothing is waited for beyond this moment.
    void set_deadline(deadline_time deadline);

    /// Nothing is under way: leaves nothing in the loop.
    void lift_deadline();

    boost::asio::awaitable<void> connect(boost::asio::ip::tcp::endpoint to, error_code& error);

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
    using readiness = boost::asio::ip::tcp::socket::wait_type;

    /// What was tried: done, failed with an error, or to be tried again once the socket is ready.
    struct attempt {
        std::size_t bytes = 0;
        std::optional<readiness> waits_for;
    };

    struct free_session {
        void operator()(SSL* session) const;
    };

    /// What the handler of the timer may find after the channel is gone.
    struct deadline_watch {
        boost::asio::ip::tcp::socket* socket;
        deadline_time until = deadline_time::max();
        bool passed = false;
    };

    attempt try_write(std::string_view text, error_code& error);
    attempt try_read(boost::asio::mutable_buffer into, error_code& error);
    attempt judge(int outcome, error_code& error);
    boost::asio::awaitable<void> wait_until(readiness what, error_code& error);
    void arm();
    void heed_deadline(error_code& error) const;

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    /// Asio may call the timer's handler when the channel is gone: this is shared with it.
    std::shared_ptr<deadline_watch> watch_;
    bool armed_ = false;
    /// What was asked for cannot be there yet.
    bool just_wrote_ = false;
    /// Null without TLS.
    std::unique_ptr<SSL, free_session> session_;
};

} // namespace runwatch
