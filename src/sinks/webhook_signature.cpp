#include "sinks/webhook_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <new>

namespace runwatch {
namespace {

unsigned char const* bytes_of(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Reads base64, with its padding or without. Nothing for any other text.
std::optional<std::string> from_base64(std::string text) {
    while (text.ends_with('='))
        text.pop_back();
    if (text.empty() || text.size() % 4 == 1 ||
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") != std::string::npos)
        return std::nullopt;
    auto const size = text.size() * 3 / 4;
    text.append((4 - text.size() % 4) % 4, '=');
    std::string decoded(text.size() / 4 * 3, '\0');
    if (::EVP_DecodeBlock(bytes_of(decoded), bytes_of(std::string_view{text}), static_cast<int>(text.size())) < 0)
        return std::nullopt;
    // OpenSSL counts the padding as bytes.
    decoded.resize(size);
    return decoded;
}

std::string to_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    auto const size = ::EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string hmac_sha256(std::string const& key, std::string_view message) {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    if (::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(),
               bytes_of(digest), &size) == nullptr)
        throw std::bad_alloc{};
    digest.resize(size);
    return digest;
}

} // namespace

std::optional<secret> signing_key(secret const& text) {
    constexpr std::string_view prefix = "whsec_";
    auto const& whole = text.reveal();
    auto key = from_base64(whole.substr(whole.starts_with(prefix) ? prefix.size() : 0));
    if (!key || key->size() < 24 || key->size() > 64)
        return std::nullopt;
    return secret{std::move(*key)};
}

std::string webhook_signature(std::vector<secret> const& keys, std::string_view id, std::chrono::sys_seconds at,
                              std::string_view body) {
    auto const signed_text = std::string{id}
                                 .append(1, '.')
                                 .append(std::to_string(at.time_since_epoch().count()))
                                 .append(1, '.')
                                 .append(body);
    std::string signatures;
    for (auto const& key : keys)
        signatures += (signatures.empty() ? "v1," : " v1,") + to_base64(hmac_sha256(key.reveal(), signed_text));
    return signatures;
}

} // namespace runwatch
