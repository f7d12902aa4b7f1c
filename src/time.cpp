#include "runwatch/time.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace runwatch {
namespace {

/// Reads from the front of a text; once something is not as expected, `ok` stays false.
struct scanner {
    std::string_view rest;
    bool ok = true;

    int digits(std::size_t count) {
        int value = 0;
        ok = ok && rest.size() >= count;
        for (std::size_t at = 0; ok && at < count; ++at) {
            ok = rest[at] >= '0' && rest[at] <= '9';
            value = value * 10 + (rest[at] - '0');
        }
        if (!ok)
            return 0;
        rest.remove_prefix(count);
        return value;
    }

    bool accept(std::string_view any_of) {
        if (!ok || rest.empty() || any_of.find(rest.front()) == std::string_view::npos)
            return false;
        rest.remove_prefix(1);
        return true;
    }

    void expect(std::string_view any_of) { ok = accept(any_of); }

    /// The place of the next three letters in a row of names of three letters each.
    int name(std::string_view names) {
        for (std::size_t at = 0; ok && rest.size() >= 3 && at < names.size(); at += 3)
            if (rest.starts_with(names.substr(at, 3))) {
                rest.remove_prefix(3);
                return static_cast<int>(at / 3);
            }
        ok = false;
        return 0;
    }
};

} // namespace

boottime_clock::time_point boottime_clock::now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return time_point{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

std::optional<timestamp> parse_timestamp(std::string_view text) {
    scanner in{text};
    auto const year = in.digits(4);
    in.expect("-");
    auto const month = in.digits(2);
    in.expect("-");
    auto const day = in.digits(2);
    in.expect("Tt ");
    auto const hour = in.digits(2);
    in.expect(":");
    auto const minute = in.digits(2);
    in.expect(":");
    auto const second = in.digits(2);

    int milliseconds = 0;
    if (in.accept(".")) {
        int scale = 100;
        do {
            milliseconds += scale * in.digits(1);
            scale /= 10;
        } while (in.ok && !in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9');
    }

    std::chrono::minutes offset{0};
    if (!in.accept("Zz") && !in.rest.empty()) {
        auto const negative = in.rest.front() == '-';
        in.expect("+-");
        auto const hours = in.digits(2);
        in.accept(":");
        auto const minutes = in.digits(2);
        offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
        if (negative)
            offset = -offset;
    }

    auto const date = std::chrono::year{year} / month / day;
    // A leap second is written as 60.
    if (!in.ok || !in.rest.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    return timestamp{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} - offset +
           std::chrono::seconds{second} + duration{milliseconds};
}

std::optional<timestamp> parse_http_date(std::string_view text) {
    // Each answer has one: strptime takes several times as long.
    constexpr std::string_view days = "SunMonTueWedThuFriSat";
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    scanner in{text};
    in.name(days);
    in.expect(",");
    in.expect(" ");
    auto const day = in.digits(2);
    in.expect(" ");
    auto const month = in.name(months);
    in.expect(" ");
    auto const year = in.digits(4);
    in.expect(" ");
    auto const hour = in.digits(2);
    in.expect(":");
    auto const minute = in.digits(2);
    in.expect(":");
    auto const second = in.digits(2);

    auto const date = std::chrono::year{year} / (month + 1) / day;
    if (!in.ok || in.rest != " GMT" || !date.ok() || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    return timestamp{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};
}

std::string format_timestamp(timestamp time) {
    auto const days = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date{days};
    std::chrono::hh_mm_ss<duration> const clock{time - days};
    std::array<char, 64> text{};
    auto const length =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

} // namespace runwatch
