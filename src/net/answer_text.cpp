#include "net/answer_text.hpp"

#include "runwatch/json_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>

namespace runwatch {
namespace {

constexpr std::pair<unsigned, std::string_view> phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

std::string_view phrase_of(unsigned status) {
    auto const* const found = std::ranges::find(phrases, status, &std::pair<unsigned, std::string_view>::first);
    return found == std::end(phrases) ? std::string_view{"Status"} : found->second;
}

bool is_ours(std::string_view name) {
    constexpr std::string_view ours[] = {"content-length", "connection", "transfer-encoding", "date"};
    auto const same = [name](std::string_view other) {
        return std::ranges::equal(name, other,
                                  [](unsigned char one, unsigned char two) { return std::tolower(one) == two; });
    };
    return std::ranges::any_of(ours, same);
}

bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char letter) { return letter == '\r' || letter == '\n' || letter == '\0'; });
}

/// The time as HTTP writes it. In no locale but HTTP's own.
std::string const& date_text() {
    constexpr std::array<char const*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<char const*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    thread_local std::time_t second = -1;
    thread_local std::string text;
    auto const now = std::time(nullptr);
    if (now == second)
        return text;
    second = now;
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 64> written{};
    std::snprintf(written.data(), written.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                  months.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                  utc.tm_sec);
    text = written.data();
    return text;
}

} // namespace

std::string head_text(http_response const& response, body_end end, bool keeps_alive) {
    std::string text;
    text.reserve(256 + (end == body_end::length ? response.body.size() : 0));
    text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(phrase_of(response.status));
    text.append("\r\nDate: ").append(date_text()).append("\r\n");
    for (auto const& [name, value] : response.headers)
        if (!is_ours(name))
            text.append(name).append(": ").append(value).append("\r\n");
    if (end == body_end::chunks)
        text.append("Transfer-Encoding: chunked\r\n");
    else if (end == body_end::length && has_body(response.status))
        text.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
    text.append(keeps_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    return text;
}

bool can_be_sent(http_response const& response) {
    return std::ranges::all_of(response.headers, [](http_header const& header) {
        return !header.name.empty() && is_one_line(header.name) && is_one_line(header.value);
    });
}

bool has_body(unsigned status) { return status / 100 != 1 && status != 204 && status != 304; }

std::string chunk_text(std::string_view piece) {
    std::array<char, 32> size{};
    auto const length = std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    std::string text;
    text.reserve(static_cast<std::size_t>(length) + piece.size() + 2);
    return text.append(size.data(), static_cast<std::size_t>(length)).append(piece).append("\r\n");
}

http_response problem_answer(unsigned status, std::string_view why) {
    http_response answer;
    answer.status = status;
    answer.headers.emplace_back("Content-Type", "application/json");
    answer.headers.emplace_back("Cache-Control", "no-store");
    answer.body = R"({"error": )" + json_quote(why) + "}\n";
    return answer;
}

} // namespace runwatch
