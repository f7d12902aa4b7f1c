#include "net/tls.hpp"

#include "runwatch/http_client.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

namespace runwatch {
namespace {

bool is_address(std::string const& host) {
    boost::system::error_code error;
    asio::ip::make_address(host, error);
    return !error;
}

std::string text_of(ASN1_TIME const* time) {
    tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1)
        return "an unreadable date";
    std::string text(32, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts));
    return text;
}

/// A name out of a certificate is the peer's word: only what is printable is shown of it.
std::string printable(std::string_view text) {
    std::string shown;
    for (auto const letter : text.substr(0, 80))
        shown += letter >= ' ' && letter <= '~' ? letter : '?';
    return shown;
}

std::string issuer_of(X509 const* certificate) {
    std::string name(256, '\0');
    auto const length = X509_NAME_get_text_by_NID(X509_get_issuer_name(certificate), NID_commonName, name.data(),
                                                  static_cast<int>(name.size()));
    name.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return name.empty() ? "an unnamed authority" : '"' + printable(name) + '"';
}

/// One of the names that a certificate is for; empty if it is neither a host name nor an address.
std::string text_of(GENERAL_NAME const& name) {
    if (name.type != GEN_DNS && name.type != GEN_IPADD)
        return {};
    auto const* const value = name.type == GEN_DNS ? name.d.dNSName : name.d.iPAddress;
    auto const* const bytes = ASN1_STRING_get0_data(value);
    auto const size = static_cast<std::size_t>(ASN1_STRING_length(value));
    if (name.type == GEN_DNS)
        return printable({reinterpret_cast<char const*>(bytes), size});
    asio::ip::address_v4::bytes_type v4;
    asio::ip::address_v6::bytes_type v6;
    if (size == v4.size()) {
        std::memcpy(v4.data(), bytes, size);
        return asio::ip::address_v4{v4}.to_string();
    }
    if (size == v6.size()) {
        std::memcpy(v6.data(), bytes, size);
        return asio::ip::address_v6{v6}.to_string();
    }
    return {};
}

/// The first few host names and addresses that a certificate is for.
std::string names_of(X509 const* certificate) {
    std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> const names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free};
    std::string text;
    int shown = 0;
    for (int index = 0; names && index < sk_GENERAL_NAME_num(names.get()) && shown < 3; ++index)
        if (auto const name = text_of(*sk_GENERAL_NAME_value(names.get(), index)); !name.empty())
            text += (shown++ == 0 ? "" : ", ") + name;
    return text.empty() ? "another host" : text;
}

/// The certificates that the peer sent, its own first. OpenSSL knows a peer certificate only once it is accepted.
std::vector<X509 const*> chain_of(SSL* ssl) {
    std::vector<X509 const*> chain;
    auto const* const sent = SSL_get_peer_cert_chain(ssl);
    for (int index = 0; sent != nullptr && index < sk_X509_num(sent); ++index)
        chain.push_back(sk_X509_value(sent, index));
    return chain;
}

std::string explain_refusal(SSL* ssl, long verdict) {
    auto const chain = chain_of(ssl);
    if (chain.empty())
        return X509_verify_cert_error_string(verdict);
    // Any certificate of the chain may be the one that is out of date; by far most often it is the peer's own.
    auto const first = [&chain](auto const& is_wrong) {
        auto const found = std::ranges::find_if(chain, is_wrong);
        return found == chain.end() ? chain.front() : *found;
    };
    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED: {
        auto const* const expired =
            first([](X509 const* each) { return X509_cmp_current_time(X509_get0_notAfter(each)) < 0; });
        return "it expired on " + text_of(X509_get0_notAfter(expired)) +
               "; renew it, or set this machine's clock right";
    }
    case X509_V_ERR_CERT_NOT_YET_VALID: {
        auto const* const early =
            first([](X509 const* each) { return X509_cmp_current_time(X509_get0_notBefore(each)) > 0; });
        return "it is not valid before " + text_of(X509_get0_notBefore(early)) + "; set this machine's clock right";
    }
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "it is for the wrong host: " + names_of(chain.front()) +
               "; check the host name in --base-url (base_url)";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "it is self-signed; if you trust it, name its PEM file with --ca-file (ca_file)";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "it is signed by an unknown authority, " + issuer_of(chain.back()) +
               "; if that is yours, name its PEM file with --ca-file (ca_file)";
    default:
        return std::string{X509_verify_cert_error_string(verdict)} +
               "; if you trust it, name its authority's PEM file with --ca-file (ca_file)";
    }
}

} // namespace

ssl::context make_tls_context(std::string const& ca_file) {
    ssl::context context{ssl::context::tls_client};
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    context.set_verify_mode(ssl::verify_peer);
    // A private authority is often handed out without the root above it: what the user names is trusted as it is.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
    boost::system::error_code error;
    if (ca_file.empty()) {
        context.set_default_verify_paths(error);
        if (error)
            throw config_error{"the system's certificate authorities cannot be read: " + error.message() +
                               "; install ca-certificates, or name a PEM file with --ca-file (ca_file)"};
        return context;
    }
    // OpenSSL reports a missing file in its own tongue: open it first.
    auto const descriptor = ::open(ca_file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        throw config_error{"the CA file " + ca_file + " cannot be read: " + std::strerror(errno)};
    ::close(descriptor);
    context.load_verify_file(ca_file, error);
    if (error)
        throw config_error{"the CA file " + ca_file +
                           " holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"};
    return context;
}

bool expect_peer(SSL* ssl, origin const& peer) {
    if (is_address(peer.host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), peer.host.c_str()) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // The macro SSL_set_tlsext_host_name casts in the old style.
    return SSL_set1_host(ssl, peer.host.c_str()) == 1 &&
           SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    const_cast<char*>(peer.host.c_str())) == 1;
}

failure explain_handshake(SSL* ssl, origin const& peer, boost::system::error_code error) {
    if (auto const verdict = SSL_get_verify_result(ssl); verdict != X509_V_OK)
        return {failure_kind::refused,
                "the certificate of " + peer.authority() + " is refused: " + explain_refusal(ssl, verdict)};
    auto const where = "TLS with " + peer.authority() + " failed: ";
    if (error.category() == asio::error::get_ssl_category()) {
        switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_WRONG_SSL_VERSION:
        case SSL_R_VERSION_TOO_LOW:
            return {failure_kind::refused,
                    where + "it offers no TLS version that is safe; it must speak TLS 1.2 or newer"};
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
            return {failure_kind::transient,
                    where + "it does not speak TLS; check the port, or whether the address is an http:// one"};
        default:
            break;
        }
    }
    if (error == boost::beast::error::timeout)
        return {failure_kind::transient, where + "no answer in time"};
    if (error == asio::error::eof || error == ssl::error::stream_truncated || error == asio::error::connection_reset)
        return {failure_kind::transient, where + "it closed the connection during the handshake"};
    return {failure_kind::transient, where + error.message()};
}

} // namespace runwatch
