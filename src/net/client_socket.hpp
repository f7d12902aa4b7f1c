#pragma once

#include "net/deadlines.hpp"
#include "runwatch/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>

namespace runwatch {

/// The server's end of a connection, over TCP or a unix socket.
///
/// Errors are those of the system, asio::error::timed_out once the deadline has passed, and asio::error::shut_down once
/// it was interrupted. Throws system_error(operation_aborted) when cancelled. Loop thread only.
class client_socket {
public:
    using error_code = boost::system::error_code;

    /// Takes an accepted socket, which must not block. `all` must outlive this. Throws system_error when the loop
    /// cannot take it.
    client_socket(boost::asio::any_io_executor const& executor, int descriptor, bool is_unix, deadlines& all);

    client_socket(client_socket const&) = delete;
    client_socket& operator=(client_socket const&) = delete;

    /// From now on nothing is read for longer than this.
    void allow(duration time);

    /// From now on there is no deadline.
    void allow_for_ever();

    /// Ends what is waited for, and all that would have to wait from now on.
    void interrupt();

    /// Reads what is there, or what comes next, and appends it. asio::error::eof once the client has closed.
    boost::asio::awaitable<void> read(std::string& onto, error_code& error);

    /// Writes all of a text, which must stay until then. The client has `patience` for each 64 KiB of it.
    boost::asio::awaitable<void> write(std::string_view text, duration patience, error_code& error);

    /// Says that nothing more will be written.
    void finish();

private:
    void cancel();
    boost::asio::awaitable<void> wait(boost::asio::socket_base::wait_type what, error_code& error);

    boost::asio::generic::stream_protocol::socket socket_;
    deadline deadline_;
    bool interrupted_ = false;
};

} // namespace runwatch
