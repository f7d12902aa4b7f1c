#include "net/socket_bio.hpp"

#include <sys/socket.h>

#include <cstddef>
#include <new>

namespace runwatch {
namespace {

int write(BIO* bio, char const* bytes, int size) {
    int socket = -1;
    ::BIO_ctrl(bio, BIO_C_GET_FD, 0, &socket);
    auto const sent = ::send(socket, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    ::BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
    if (sent < 0 && ::BIO_sock_should_retry(static_cast<int>(sent)) != 0)
        ::BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
    return static_cast<int>(sent);
}

/// OpenSSL's own way with sockets, but for how it writes.
BIO_METHOD* make_method() {
    auto const* const own = ::BIO_s_socket();
    auto* const method = ::BIO_meth_new(BIO_TYPE_SOCKET, "socket without SIGPIPE");
    if (method == nullptr)
        throw std::bad_alloc{};
    ::BIO_meth_set_write(method, &write);
    ::BIO_meth_set_read(method, ::BIO_meth_get_read(own));
    ::BIO_meth_set_ctrl(method, ::BIO_meth_get_ctrl(own));
    ::BIO_meth_set_create(method, ::BIO_meth_get_create(own));
    ::BIO_meth_set_destroy(method, ::BIO_meth_get_destroy(own));
    return method;
}

} // namespace

BIO* make_socket_bio(int socket) {
    static auto* const method = make_method();
    auto* const bio = ::BIO_new(method);
    if (bio == nullptr)
        throw std::bad_alloc{};
    ::BIO_ctrl(bio, BIO_C_SET_FD, BIO_NOCLOSE, &socket);
    return bio;
}

} // namespace runwatch
