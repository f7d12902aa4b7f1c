#include "support/certificates.hpp"

#include <arpa/inet.h>
#include <array>
#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace runwatch::support {
namespace {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

/// Throws with OpenSSL's last reason unless `done`.
void require(bool done, char const* what) {
    if (done)
        return;
    std::array<char, 256> reason{};
    ::ERR_error_string_n(::ERR_get_error(), reason.data(), reason.size());
    throw std::runtime_error(std::string(what) + ": " + reason.data());
}

key_ptr make_key() {
    key_ptr key(::EVP_EC_gen("P-256"));
    require(key != nullptr, "cannot make a key");
    return key;
}

std::string text_of(bio_ptr const& memory) {
    char* data = nullptr;
    auto const size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

identity to_pem(certificate_ptr const& certificate, key_ptr const& key) {
    bio_ptr const certificate_text(::BIO_new(::BIO_s_mem()));
    bio_ptr const key_text(::BIO_new(::BIO_s_mem()));
    require(::PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1, "cannot write a certificate");
    require(::PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "cannot write a key");
    return {text_of(certificate_text), text_of(key_text)};
}

certificate_ptr read_certificate(std::string const& pem) {
    bio_ptr const text(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    certificate_ptr certificate(::PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    require(certificate != nullptr, "cannot read the authority's certificate");
    return certificate;
}

key_ptr read_key(std::string const& pem) {
    bio_ptr const text(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    key_ptr key(::PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
    require(key != nullptr, "cannot read the authority's key");
    return key;
}

void extend(X509* certificate, X509* issuer, int what, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    extension_ptr const extension(::X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
    require(extension != nullptr, "cannot make an extension");
    require(::X509_add_ext(certificate, extension.get(), -1) == 1, "cannot add an extension");
}

bool is_address(std::string const& name) {
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

std::string alternative_names(std::vector<std::string> const& names) {
    std::string list;
    for (auto const& name : names) {
        if (!list.empty())
            list += ',';
        list.append(is_address(name) ? "IP:" : "DNS:").append(name);
    }
    return list;
}

void set_time(ASN1_TIME* field, timestamp time) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    require(::ASN1_TIME_set(field, static_cast<std::time_t>(seconds)) != nullptr, "cannot set a validity");
}

/// A certificate with everything but its issuer, its extensions and its signature.
certificate_ptr start_certificate(std::string_view name, timestamp not_before, timestamp not_after, EVP_PKEY* key) {
    certificate_ptr certificate(::X509_new());
    require(certificate != nullptr, "cannot make a certificate");
    std::uint64_t serial = 0;
    require(::RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no random bytes");
    ::X509_set_version(certificate.get(), X509_VERSION_3);
    ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(certificate.get()), serial >> 1U);
    set_time(::X509_getm_notBefore(certificate.get()), not_before);
    set_time(::X509_getm_notAfter(certificate.get()), not_after);
    require(::X509_set_pubkey(certificate.get(), key) == 1, "cannot set a public key");
    auto* const subject = ::X509_get_subject_name(certificate.get());
    require(::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                         reinterpret_cast<unsigned char const*>(name.data()),
                                         static_cast<int>(name.size()), -1, 0) == 1,
            "cannot set a name");
    return certificate;
}

/// Signs for the issuer; `issuer` may be the certificate itself.
void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
    require(::X509_set_issuer_name(certificate, ::X509_get_subject_name(issuer)) == 1, "cannot set an issuer");
    require(::X509_sign(certificate, issuer_key, ::EVP_sha256()) > 0, "cannot sign a certificate");
}

identity make_leaf(certificate_request const& request, authority const* issuer) {
    if (request.names.empty())
        throw std::runtime_error("a certificate needs a name");
    auto const key = make_key();
    auto const leaf = start_certificate(request.names.front(), request.not_before, request.not_after, key.get());
    auto const issuer_certificate =
        issuer == nullptr ? certificate_ptr() : read_certificate(issuer->own.certificate_pem);
    auto const issuer_key = issuer == nullptr ? key_ptr() : read_key(issuer->own.key_pem);
    auto* const signer = issuer == nullptr ? leaf.get() : issuer_certificate.get();
    extend(leaf.get(), signer, NID_basic_constraints, "critical,CA:FALSE");
    extend(leaf.get(), signer, NID_key_usage, "critical,digitalSignature");
    extend(leaf.get(), signer, NID_ext_key_usage, "serverAuth,clientAuth");
    extend(leaf.get(), signer, NID_subject_alt_name, alternative_names(request.names));
    extend(leaf.get(), signer, NID_subject_key_identifier, "hash");
    sign(leaf.get(), signer, issuer == nullptr ? key.get() : issuer_key.get());
    return to_pem(leaf, key);
}

} // namespace

certificate_request::certificate_request()
    : certificate_request(std::vector<std::string>{"localhost", "127.0.0.1", "::1"}) {}

certificate_request::certificate_request(std::vector<std::string> for_names) : names(std::move(for_names)) {
    auto const now = std::chrono::floor<duration>(std::chrono::system_clock::now());
    not_before = now - std::chrono::days{1};
    not_after = now + std::chrono::days{30};
}

authority make_authority(std::string_view name) {
    certificate_request const usual;
    auto const key = make_key();
    auto const certificate = start_certificate(name, usual.not_before, usual.not_after, key.get());
    extend(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    extend(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
    sign(certificate.get(), certificate.get(), key.get());
    return {to_pem(certificate, key)};
}

identity issue(authority const& issuer, certificate_request const& request) { return make_leaf(request, &issuer); }

identity self_signed(certificate_request const& request) { return make_leaf(request, nullptr); }

} // namespace runwatch::support
