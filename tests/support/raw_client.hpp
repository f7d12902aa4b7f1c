#pragma once

#include "runwatch/listen_address.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace runwatch::support {

/// A client that sends what the test tells it, byte for byte, and keeps what comes back.
class raw_client {
public:
    /// Connects to a server on this loop.
    raw_client(boost::asio::io_context& io, listen_address const& where);
    ~raw_client();

    raw_client(raw_client const&) = delete;
    raw_client& operator=(raw_client const&) = delete;

    /// Sends all of a text while the loop runs. Stops early when the server has closed.
    void send(std::string_view text);

    /// Sends nothing more.
    void finish();

    /// Leaves what comes from now on where it is.
    void stop_reading();
    void go_on_reading();

    /// Closes the connection.
    void leave();

    /// All that has come so far.
    std::string const& received() const;

    /// The server has closed the connection.
    bool is_closed() const;

    /// Runs the loop until this text has come, so many times. Throws at the ceiling.
    void wait_for(std::string_view text, std::size_t times = 1);

    /// Runs the loop until the server has closed, and returns all that has come.
    std::string const& wait_until_closed();

private:
    struct state;
    static void read(std::shared_ptr<state> const& of);

    boost::asio::io_context& io_;
    /// Asio calls handlers of a socket that is gone: they share this.
    std::shared_ptr<state> state_;
};

/// How often one text stands in another.
std::size_t count_of(std::string_view text, std::string_view part);

} // namespace runwatch::support
