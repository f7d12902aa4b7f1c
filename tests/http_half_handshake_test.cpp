#include "runwatch/http_client.hpp"

#include "support/loopback.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <array>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace runwatch {
namespace {

using namespace support;

struct free_ssl {
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }

    void operator()(SSL* session) const { ::SSL_free(session); }

    void operator()(BIO* bio) const { ::BIO_free(bio); }

    void operator()(X509* certificate) const { ::X509_free(certificate); }

    void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};

template <class T>
using owned = std::unique_ptr<T, free_ssl>;

owned<BIO> reader_of(std::string const& text) {
    return owned<BIO>{::BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Answers one request, and sends the first words of its answer in one piece with the end of its side of the handshake,
/// before it has heard the other's: as Go's servers send their session tickets.
class hasty_server {
public:
    explicit hasty_server(identity const& own) : context_(::SSL_CTX_new(::TLS_server_method())) {
        auto const certificate = reader_of(own.certificate_pem);
        auto const key = reader_of(own.key_pem);
        owned<X509> const shown{::PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr)};
        owned<EVP_PKEY> const secret{::PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr)};
        ::SSL_CTX_use_certificate(context_.get(), shown.get());
        ::SSL_CTX_use_PrivateKey(context_.get(), secret.get());
        door_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        auto* const address = reinterpret_cast<sockaddr*>(&where);
        socklen_t size = sizeof where;
        if (::bind(door_, address, size) != 0 || ::listen(door_, 1) != 0 || ::getsockname(door_, address, &size) != 0)
            throw std::runtime_error{"no port to listen on"};
        port_ = ::ntohs(where.sin_port);
        thread_ = std::thread{[this] { serve(); }};
    }

    ~hasty_server() {
        // Whoever has not come by now does not come.
        ::shutdown(door_, SHUT_RDWR);
        thread_.join();
        ::close(door_);
    }

    hasty_server(hasty_server const&) = delete;
    hasty_server& operator=(hasty_server const&) = delete;

    std::string url() const { return "https://localhost:" + std::to_string(port_) + "/"; }

private:
    void serve() {
        auto const peer = ::accept4(door_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0)
            return;
        owned<SSL> const session{::SSL_new(context_.get())};
        // Of memory, so that this decides what goes together.
        auto* const in = ::BIO_new(::BIO_s_mem());
        auto* const out = ::BIO_new(::BIO_s_mem());
        ::SSL_set_bio(session.get(), in, out);
        converse(session.get(), in, out, peer);
        ::close(peer);
    }

    static void converse(SSL* session, BIO* in, BIO* out, int peer) {
        std::array<char, 4096> bytes{};
        std::size_t count = 0;
        while (::SSL_read_early_data(session, bytes.data(), bytes.size(), &count) != SSL_READ_EARLY_DATA_FINISH)
            if (!take(in, peer))
                return;
        constexpr std::string_view hint = "HTTP/1.1 103 Early Hints\r\n\r\n";
        ::SSL_write_early_data(session, hint.data(), hint.size(), &count);
        give(out, peer);
        while (::SSL_do_handshake(session) != 1)
            if (!take(in, peer))
                return;
        for (std::string request; request.find("\r\n\r\n") == std::string::npos;) {
            auto const read = ::SSL_read(session, bytes.data(), static_cast<int>(bytes.size()));
            if (read > 0)
                request.append(bytes.data(), static_cast<std::size_t>(read));
            else if (!take(in, peer))
                return;
        }
        constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
        ::SSL_write(session, answer.data(), static_cast<int>(answer.size()));
        give(out, peer);
    }

    /// Takes in what the client sends next.
    static bool take(BIO* in, int peer) {
        std::array<char, 4096> bytes{};
        auto const received = ::recv(peer, bytes.data(), bytes.size(), 0);
        return received > 0 && ::BIO_write(in, bytes.data(), static_cast<int>(received)) > 0;
    }

    /// Sends all that there is in one piece.
    static void give(BIO* out, int peer) {
        std::string bytes(::BIO_ctrl_pending(out), '\0');
        ::BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
        ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    owned<SSL_CTX> context_;
    int door_ = -1;
    unsigned port_ = 0;
    std::thread thread_;
};

TEST(http_tls, reads_what_comes_along_with_the_end_of_the_handshake) {
    loopback net;
    hasty_server const server{net.identify({"localhost"})};
    EXPECT_EQ(text_of(net.get(server.url())), "200 hello");
}

} // namespace
} // namespace runwatch
