#pragma once

#include "runwatch/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace runwatch {

/// Finds the addresses of a host: an address stands for itself, localhost is loopback, everything else is looked up in
/// /etc/hosts and by the name servers.
///
/// Runs on c-ares inside the calling coroutine, so a name server that never answers holds up its own caller alone.
/// `name_servers` (`address:port,…`) replaces those of /etc/resolv.conf unless empty.
///
/// Fails as transient when there is no such name, no answer before the deadline, or no descriptor left to wait on.
/// Throws system_error(operation_aborted) when cancelled.
boost::asio::awaitable<result<std::vector<boost::asio::ip::address>>>
resolve(std::string host, std::string name_servers, std::chrono::steady_clock::time_point deadline);

/// Tells whether a list of name servers can be used.
bool are_name_servers(std::string const& name_servers);

} // namespace runwatch
