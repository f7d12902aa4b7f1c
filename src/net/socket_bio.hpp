#pragma once

#include <openssl/bio.h>

namespace runwatch {

/// Makes what OpenSSL reads and writes a socket through. Unlike OpenSSL's own it raises no SIGPIPE. The socket stays
/// the caller's; it must not block, and stay open as long. Throws bad_alloc.
BIO* make_socket_bio(int socket);

} // namespace runwatch
