#include "sim/tls_context.hpp"

#include <boost/asio/buffer.hpp>
#include <openssl/ssl.h>
#include <stdexcept>

namespace runwatch::sim {

boost::asio::ssl::context make_tls_context(tls_settings const& settings) {
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
    context.use_certificate_chain(boost::asio::buffer(settings.identity.certificate_pem));
    context.use_private_key(boost::asio::buffer(settings.identity.key_pem), boost::asio::ssl::context::pem);
    auto* const handle = context.native_handle();
    auto good = true;
    switch (settings.newest) {
    case tls_version::tls_1_1:
        // Debian's openssl.cnf forbids what is older than TLS 1.2, and SHA-1 signatures need security level 0.
        good = ::SSL_CTX_set_cipher_list(handle, "DEFAULT:@SECLEVEL=0") == 1 &&
               SSL_CTX_set_min_proto_version(handle, TLS1_VERSION) == 1 &&
               SSL_CTX_set_max_proto_version(handle, TLS1_1_VERSION) == 1;
        break;
    case tls_version::tls_1_2:
        good = SSL_CTX_set_max_proto_version(handle, TLS1_2_VERSION) == 1;
        break;
    case tls_version::tls_1_3:
        good = SSL_CTX_set_max_proto_version(handle, TLS1_3_VERSION) == 1;
        break;
    }
    if (!good)
        throw std::runtime_error("OpenSSL refuses the TLS version");
    return context;
}

} // namespace runwatch::sim
