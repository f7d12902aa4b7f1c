#pragma once

#include "runwatch/http_server.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <vector>

namespace runwatch {

/// What a listener has: one socket an address, and the file of a unix socket.
struct http_listener::socket {
    socket(boost::asio::any_io_executor const& executor, listen_address wanted, std::vector<int> const& inherited);
    ~socket();

    socket(socket const&) = delete;
    socket& operator=(socket const&) = delete;

    /// With the port that the system picked.
    listen_address where;
    std::vector<boost::asio::posix::stream_descriptor> doors;
    bool is_inherited = false;

private:
    /// The file of a unix socket: if it is another one by the end, it is not ours to remove.
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

} // namespace runwatch
