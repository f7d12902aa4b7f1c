#pragma once

#include "sim/server.hpp"

#include <boost/asio/ssl/context.hpp>

namespace runwatch::sim {

/// A server's TLS settings as Asio wants them.
boost::asio::ssl::context make_tls_context(tls_settings const& settings);

} // namespace runwatch::sim
