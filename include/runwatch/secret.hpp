#pragma once

#include <string>
#include <utility>

namespace runwatch {

/// A text that must not be shown: it has no stream operator and converts to nothing.
class secret {
public:
    secret() = default;

    explicit secret(std::string value) : value_(std::move(value)) {}

    /// The text itself, for the one place that sends it.
    std::string const& reveal() const { return value_; }

    bool empty() const { return value_.empty(); }

    /// Replaces every occurrence of the secret in a text by `***`.
    std::string redact(std::string text) const {
        for (std::size_t at = 0; !value_.empty() && (at = text.find(value_, at)) != std::string::npos; at += 3)
            text.replace(at, value_.size(), "***");
        return text;
    }

private:
    std::string value_;
};

} // namespace runwatch
