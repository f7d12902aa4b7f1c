#pragma once

#include "runwatch/secret.hpp"
#include "runwatch/secret_source.hpp"

#include <string>
#include <string_view>

namespace runwatch {

/// What a text that is no API key lacks, for a message: `a key is one word of printable ASCII characters`.
inline constexpr std::string_view api_key_rule = "a key is one word of printable ASCII characters";

/// Tells whether a text can be an API key: one word of printable ASCII characters, 4,096 bytes at most.
bool is_api_key(std::string_view text);

/// The API key, from a source that may bring another one while runwatch runs.
///
/// A key that was sent once stays in use until the source brings another: a file that is being replaced, or is broken,
/// is no reason to stop.
class api_key {
public:
    /// Reads the source. Throws config_error, which names it, if that fails or it holds no key.
    explicit api_key(secret_source source);

    /// The key as of now: where the source has changed it is read again first. Blocks on the file system.
    secret const& current();

    /// Reads the source again, changed or not, as the API has refused this key. Tells whether there is another to try.
    bool renew(secret const& refused);

    /// Why the source could not be read again, or holds no key any more; empty while nothing is wrong.
    std::string const& trouble() const { return trouble_; }

private:
    secret read();
    void read_again();

    secret_source source_;
    secret key_;
    std::string trouble_;
};

} // namespace runwatch
