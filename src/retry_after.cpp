#include "runwatch/retry_after.hpp"

#include "runwatch/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <string>

namespace runwatch {
namespace {

std::optional<duration> limited(double milliseconds, duration longest) {
    if (milliseconds <= 0)
        return std::nullopt;
    return duration{
        static_cast<duration::rep>(std::ceil(std::min(milliseconds, static_cast<double>(longest.count()))))};
}

/// Reads a date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
std::optional<timestamp> http_date(std::string_view text) {
    std::tm parts{};
    std::string const copy{trim(text)};
    auto const* const end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0')
        return std::nullopt;
    return timestamp{std::chrono::seconds{::timegm(&parts)}};
}

} // namespace

std::optional<duration> wait_in(std::string_view header_value, duration unit, duration longest) {
    auto const text = trim(header_value);
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return limited(value * static_cast<double>(unit.count()), longest);
}

std::optional<duration> retry_after(http_response const& response, timestamp now, duration longest) {
    auto const text = response.header("retry-after");
    if (auto const date = http_date(text))
        // Both dates by the peer's clock, where it says what that is: a skew then does not matter.
        return limited(static_cast<double>((*date - http_date(response.header("date")).value_or(now)).count()),
                       longest);
    return wait_in(text, std::chrono::seconds{1}, longest);
}

} // namespace runwatch
