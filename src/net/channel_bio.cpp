#include "net/channel_bio.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>
#include <new>

namespace runwatch {
namespace {

struct ends {
    int socket;
    received_bytes* received;
};

ends& ends_of(BIO* bio) { return *static_cast<ends*>(::BIO_get_data(bio)); }

int write(BIO* bio, char const* bytes, int size) {
    auto const sent = ::send(ends_of(bio).socket, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    ::BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
    if (sent < 0 && ::BIO_sock_should_retry(static_cast<int>(sent)) != 0)
        ::BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
    return static_cast<int>(sent);
}

int read(BIO* bio, char* into, int size) {
    auto& received = *ends_of(bio).received;
    ::BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
    if (received.empty()) {
        if (received.ended)
            return 0;
        ::BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
        return -1;
    }
    auto const bytes = std::min(static_cast<std::size_t>(size), received.filled - received.taken);
    std::memcpy(into, received.bytes.data() + received.taken, bytes);
    received.taken += bytes;
    return static_cast<int>(bytes);
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH)
        return 1;
    if (command == BIO_CTRL_EOF)
        return static_cast<long>(ends_of(bio).received->ended);
    return 0;
}

int destroy(BIO* bio) {
    std::unique_ptr<ends> const owned{&ends_of(bio)};
    return 1;
}

BIO_METHOD* make_method() {
    auto* const method = ::BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "channel");
    if (method == nullptr)
        throw std::bad_alloc{};
    ::BIO_meth_set_write(method, &write);
    ::BIO_meth_set_read(method, &read);
    ::BIO_meth_set_ctrl(method, &control);
    ::BIO_meth_set_destroy(method, &destroy);
    return method;
}

} // namespace

BIO* make_channel_bio(int socket, received_bytes& received) {
    static auto* const method = make_method();
    auto owned = std::make_unique<ends>(ends{socket, &received});
    auto* const bio = ::BIO_new(method);
    if (bio == nullptr)
        throw std::bad_alloc{};
    ::BIO_set_data(bio, owned.release());
    ::BIO_set_init(bio, 1);
    return bio;
}

} // namespace runwatch
