#pragma once

#include "runwatch/secret.hpp"
#include "runwatch/secret_source.hpp"

#include <string_view>

namespace runwatch::control {

/// The token that requests must bring, from a source that may bring another one while runwatch runs. A token that was
/// read once stays in use until the source brings another: a file that is being replaced is no reason to let nobody in,
/// let alone everybody.
class access_token {
public:
    /// Reads the source. Throws config_error, which names it, if that fails or it holds no token.
    explicit access_token(secret_source source);

    /// Tells whether a text is the token as of now, in a time that does not tell how much of it is right. Where the
    /// source has changed it is read again first; blocks on the file system.
    bool matches(std::string_view text);

private:
    secret_source source_;
    secret token_;
};

/// Tells whether two texts are equal, in a time that depends on the length of the first alone.
bool equal_in_constant_time(std::string_view given, std::string_view secret);

} // namespace runwatch::control
