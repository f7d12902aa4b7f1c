#include "runwatch/retry_after.hpp"

#include "runwatch/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace runwatch {
namespace {

std::optional<duration> limited(double milliseconds, duration longest) {
    if (milliseconds <= 0)
        return std::nullopt;
    return duration{
        static_cast<duration::rep>(std::ceil(std::min(milliseconds, static_cast<double>(longest.count()))))};
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
    if (auto const date = parse_http_date(trim(text)))
        // Both dates by the peer's clock, where it says what that is: a skew then does not matter.
        return limited(
            static_cast<double>((*date - parse_http_date(trim(response.header("date"))).value_or(now)).count()),
            longest);
    return wait_in(text, std::chrono::seconds{1}, longest);
}

} // namespace runwatch
