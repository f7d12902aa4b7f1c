#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// Takes what must not be shown out of texts that others wrote, such as an answer that quotes what it was sent.
class redaction {
public:
    /// Adds a secret, and its parts between the delimiters if there are any. What is shorter than 6 bytes is left out:
    /// it is no secret, and its like is in every text.
    void add(std::string_view secret, std::string_view delimiters = {});

    /// The text with `***` in place of every secret.
    std::string apply(std::string text) const;

private:
    /// The longest first: one may hold another.
    std::vector<std::string> secrets_;
};

} // namespace runwatch
