#include "sinks/redaction.hpp"

#include "runwatch/secret.hpp"

#include <algorithm>

namespace runwatch {
namespace {

constexpr std::size_t least_bytes = 6;

} // namespace

void redaction::add(std::string_view secret, std::string_view delimiters) {
    if (secret.size() >= least_bytes)
        secrets_.emplace_back(secret);
    while (!delimiters.empty() && !secret.empty()) {
        auto const end = std::min(secret.find_first_of(delimiters), secret.size());
        if (end >= least_bytes)
            secrets_.emplace_back(secret.substr(0, end));
        secret.remove_prefix(std::min(end + 1, secret.size()));
    }
    std::ranges::sort(secrets_, std::ranges::greater{}, &std::string::size);
}

std::string redaction::apply(std::string text) const {
    for (auto const& each : secrets_)
        text = secret{each}.redact(std::move(text));
    return text;
}

} // namespace runwatch
