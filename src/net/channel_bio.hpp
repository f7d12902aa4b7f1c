#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <vector>

namespace runwatch {

/// What came over a socket, and was not taken yet.
struct received_bytes {
    std::vector<char> bytes;
    /// Taken so far.
    std::size_t taken = 0;
    /// Filled so far.
    std::size_t filled = 0;
    /// The peer sends nothing more.
    bool ended = false;

    bool empty() const { return taken == filled; }
};

/// Makes what OpenSSL reads and writes a connection through. It reads what was received, and has OpenSSL try again
/// later if that is nothing; it writes to the socket, and unlike OpenSSL's own it raises no SIGPIPE. Both must outlive
/// it; the socket must not block. Throws bad_alloc.
BIO* make_channel_bio(int socket, received_bytes& received);

} // namespace runwatch
