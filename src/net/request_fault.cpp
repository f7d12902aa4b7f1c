#include "net/request_fault.hpp"

#include <algorithm>
#include <cctype>

namespace runwatch {
namespace {

/// Nobody sends more.
constexpr unsigned most_headers = 100;

/// Beyond any body, and within 64 bits.
constexpr std::size_t most_length_digits = 18;

bool is_blank(char letter) { return letter == ' ' || letter == '\t'; }

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool is_control(char letter) {
    auto const byte = static_cast<unsigned char>(letter);
    return (byte < ' ' && letter != '\t') || byte == 0x7f;
}

bool may_stand_in_target(char letter) { return letter > ' ' && letter < 0x7f && letter != '#'; }

bool equals_in_any_case(std::string_view left, std::string_view right) {
    return std::ranges::equal(
        left, right, [](unsigned char one, unsigned char other) { return std::tolower(one) == std::tolower(other); });
}

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Takes a line, which ends by CR and LF, from the front of a text.
std::string_view take_line(std::string_view& text) {
    auto const line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(std::min(text.size(), line.size() + 2));
    return line;
}

/// Reads a head line by line, and stops at the first fault.
class head_reading {
public:
    std::optional<refusal> read(std::string_view head) {
        read_request_line(take_line(head));
        while (!fault_ && !head.empty())
            if (auto const line = take_line(head); !line.empty())
                read_header(line);
        if (!fault_)
            judge_framing();
        return fault_;
    }

private:
    void refuse(unsigned status, std::string why) { fault_.emplace(status, std::move(why)); }

    void read_request_line(std::string_view line) {
        if (std::ranges::any_of(line, is_control))
            return refuse(400, "the request line holds a control character");
        auto const version_at = line.rfind(' ');
        auto const target_at = line.find(' ');
        auto const version = version_at == std::string_view::npos ? line : line.substr(version_at + 1);
        if (version_at == target_at || target_at == 0 || !version.starts_with("HTTP/"))
            return refuse(400, "the request line is not of the form METHOD /PATH HTTP/1.1");
        if (version != "HTTP/1.1" && version != "HTTP/1.0")
            return refuse(505, "this server speaks HTTP/1.1 and HTTP/1.0");
        auto const target = line.substr(target_at + 1, version_at - target_at - 1);
        if (!target.starts_with('/'))
            return refuse(400, "the request's target does not begin with a slash");
        if (!std::ranges::all_of(target, may_stand_in_target))
            return refuse(400, "the request's target holds what would have to be encoded");
        is_version_11_ = version == "HTTP/1.1";
    }

    void read_header(std::string_view line) {
        if (is_blank(line.front()))
            return refuse(400, "a header line begins with a space: headers may not go on over several lines");
        if (++headers_ > most_headers)
            return refuse(431, "the request has more than " + std::to_string(most_headers) + " headers");
        if (std::ranges::any_of(line, is_control))
            return refuse(400, "a header holds a control character");
        auto const colon = line.find(':');
        if (colon == std::string_view::npos)
            return refuse(400, "a header line has no colon");
        auto const name = line.substr(0, colon);
        if (name.empty() || is_blank(name.back()))
            return refuse(400, "a header has no name, or a space between its name and the colon");
        auto const value = without_blanks(line.substr(colon + 1));
        if (equals_in_any_case(name, "Host"))
            read_host(value);
        else if (equals_in_any_case(name, "Content-Length"))
            read_length(value);
        else if (equals_in_any_case(name, "Transfer-Encoding"))
            read_encoding(value);
        else if (equals_in_any_case(name, "Expect") && !equals_in_any_case(value, "100-continue"))
            refuse(417, "the only expectation that this server meets is 100-continue");
    }

    void read_host(std::string_view value) {
        if (++hosts_ > 1)
            refuse(400, "the request has more than one Host header");
        else if (value.find_first_of(" \t,/\\@?#") != std::string_view::npos)
            refuse(400, "the Host header is not of the form HOST:PORT");
    }

    void read_length(std::string_view value) {
        if (++lengths_ > 1)
            refuse(400, "the request has more than one Content-Length header");
        else if (value.empty() || !std::ranges::all_of(value, is_digit))
            refuse(400, "the Content-Length header is not a number");
        else if (value.size() > most_length_digits)
            refuse(400, "the number in the Content-Length header is too large");
    }

    void read_encoding(std::string_view value) {
        if (++encodings_ > 1)
            refuse(400, "the request has more than one Transfer-Encoding header");
        else if (!equals_in_any_case(value, "chunked"))
            refuse(400, "the only Transfer-Encoding that this server takes is chunked");
    }

    void judge_framing() {
        if (hosts_ == 0 && is_version_11_)
            refuse(400, "the request has no Host header");
        else if (encodings_ != 0 && lengths_ != 0)
            refuse(400, "the request has both a Content-Length and a Transfer-Encoding header");
        else if (encodings_ != 0 && !is_version_11_)
            refuse(400, "a request of HTTP/1.0 cannot have a Transfer-Encoding header");
    }

    std::optional<refusal> fault_;
    bool is_version_11_ = false;
    unsigned headers_ = 0;
    unsigned hosts_ = 0;
    unsigned lengths_ = 0;
    unsigned encodings_ = 0;
};

} // namespace

head_progress look_for_head(std::string_view bytes, std::size_t seen) {
    head_progress progress;
    for (auto at = seen; at < bytes.size(); ++at) {
        auto const after_return = at > 0 && bytes[at - 1] == '\r';
        if (bytes[at] == '\0')
            progress.fault.emplace(400, "the request's head holds a zero byte: if the client speaks TLS, let it not");
        else if (bytes[at] == '\n' && !after_return)
            progress.fault.emplace(400, "a line of the request's head ends by LF without CR");
        else if (bytes[at] != '\n' && after_return)
            progress.fault.emplace(400, "a CR without LF stands in the request's head");
        else if (bytes[at] == '\n' && at >= 3 && bytes[at - 2] == '\n')
            progress.size = at + 1;
        if (progress.size != 0 || progress.fault)
            break;
    }
    return progress;
}

std::optional<refusal> find_fault(std::string_view head) { return head_reading().read(head); }

} // namespace runwatch
