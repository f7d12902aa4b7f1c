#include "sim/http_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace runwatch::sim {
namespace {

constexpr std::array<std::pair<unsigned, std::string_view>, 24> phrases{{{200, "OK"},
                                                                         {201, "Created"},
                                                                         {202, "Accepted"},
                                                                         {204, "No Content"},
                                                                         {301, "Moved Permanently"},
                                                                         {302, "Found"},
                                                                         {304, "Not Modified"},
                                                                         {307, "Temporary Redirect"},
                                                                         {308, "Permanent Redirect"},
                                                                         {400, "Bad Request"},
                                                                         {401, "Unauthorized"},
                                                                         {403, "Forbidden"},
                                                                         {404, "Not Found"},
                                                                         {405, "Method Not Allowed"},
                                                                         {408, "Request Timeout"},
                                                                         {409, "Conflict"},
                                                                         {410, "Gone"},
                                                                         {422, "Unprocessable Entity"},
                                                                         {429, "Too Many Requests"},
                                                                         {500, "Internal Server Error"},
                                                                         {501, "Not Implemented"},
                                                                         {502, "Bad Gateway"},
                                                                         {503, "Service Unavailable"},
                                                                         {504, "Gateway Timeout"}}};

void append_header(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

bool same_name(std::string_view left, std::string_view right) {
    auto const lower = [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    };
    return std::ranges::equal(left, right, {}, lower, lower);
}

/// Appends a header of the stand-in's own, unless the scenario sets one of the same name.
void append_usual(std::string& head, answer const& reply, std::string_view name, std::string_view value) {
    auto const same = [name](auto const& header) { return same_name(header.first, name); };
    if (std::ranges::none_of(reply.headers, same))
        append_header(head, name, value);
}

/// The body in chunks, of which there are several even if it is short.
std::string in_chunks(std::string_view body) {
    auto const piece = std::clamp<std::size_t>(body.size() / 3, 1, 16'384);
    std::string text;
    while (!body.empty()) {
        auto const size = std::min(piece, body.size());
        std::array<char, 16> digits{};
        auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
        text.append(std::string_view(digits.data(), end)).append("\r\n").append(body.substr(0, size)).append("\r\n");
        body.remove_prefix(size);
    }
    return text + "0\r\n\r\n";
}

} // namespace

std::string_view reason_phrase(unsigned status) {
    auto const* const found = std::ranges::find(phrases, status, [](auto const& phrase) { return phrase.first; });
    return found == phrases.end() ? "Unknown" : found->second;
}

std::string http_date(timestamp time) {
    constexpr std::array<char const*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<char const*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const days = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(days);
    std::chrono::hh_mm_ss const clock(std::chrono::floor<std::chrono::seconds>(time - days));
    std::array<char, 64> text{};
    auto const length =
        std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                      weekdays.at(std::chrono::weekday(days).c_encoding()), static_cast<unsigned>(date.day()),
                      months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string to_wire(answer const& reply, std::string_view date, bool keeps_open) {
    auto const bodiless = reply.status == 204 || reply.status == 304;
    std::string text;
    text.reserve(512 + reply.body.size());
    text.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ");
    text.append(reason_phrase(reply.status)).append("\r\n");
    append_usual(text, reply, "Date", date);
    append_usual(text, reply, "Server", "runwatch-sim");
    if (!bodiless && !reply.content_type.empty())
        append_usual(text, reply, "Content-Type", reply.content_type);
    if (!bodiless && reply.chunked)
        append_header(text, "Transfer-Encoding", "chunked");
    else if (!bodiless)
        append_usual(text, reply, "Content-Length", std::to_string(reply.body.size()));
    if (!keeps_open)
        append_usual(text, reply, "Connection", "close");
    for (auto const& [name, value] : reply.headers)
        append_header(text, name, value);
    text += "\r\n";
    auto const head_size = text.size();
    if (!bodiless)
        text += reply.chunked ? in_chunks(reply.body) : reply.body;
    switch (reply.cut) {
    case cut_point::never:
        break;
    case cut_point::before:
        text.clear();
        break;
    case cut_point::headers:
        text.resize(head_size);
        break;
    case cut_point::body:
        text.resize(head_size + (text.size() - head_size) / 2);
        break;
    }
    return text;
}

} // namespace runwatch::sim
