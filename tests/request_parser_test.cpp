#include "net/request_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

namespace runwatch {
namespace {

using random = std::mt19937;

std::size_t below(random& source, std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(source);
}

/// A request that is good, or nearly.
std::string made_up(random& source) {
    static constexpr std::string_view pieces[] = {"GET /a HTTP/1.1\r\n",
                                                  "POST /b?c HTTP/1.1\r\n",
                                                  "GET / HTTP/1.0\r\n",
                                                  "Host: h\r\n",
                                                  "Host: h\r\n",
                                                  "Content-Length: 5\r\n",
                                                  "Transfer-Encoding: chunked\r\n",
                                                  "Expect: 100-continue\r\n",
                                                  "Connection: close\r\n",
                                                  "X: y\r\n",
                                                  "\r\n",
                                                  "\r\n",
                                                  "\r\n",
                                                  "5\r\nhello\r\n",
                                                  "3\r\nabc\r\n",
                                                  "0\r\n\r\n",
                                                  "0\r\n",
                                                  "hello",
                                                  "A: b\r\n",
                                                  "\n",
                                                  "\r",
                                                  ";x",
                                                  " ",
                                                  "\t",
                                                  ":",
                                                  "0",
                                                  "f",
                                                  "00000000000000000000"};
    auto const chunked = below(source, 2) == 0;
    std::string text = "POST /a HTTP/1.1\r\nHost: h\r\n";
    text += chunked ? "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\nT: t\r\n\r\n"
                    : "Content-Length: 7\r\n\r\n1234567";
    for (auto changes = below(source, 4); changes > 0; --changes) {
        auto const at = below(source, text.size() + 1);
        auto const what = below(source, 4);
        if (what == 0)
            text.insert(at, pieces[below(source, std::size(pieces))]);
        else if (what == 1)
            text.erase(at, below(source, 6));
        else if (what == 2 && at < text.size())
            text[at] = static_cast<char>(below(source, 256));
        else
            text.resize(at);
    }
    return text;
}

/// What became of a text that came in pieces of this size at most.
std::string outcome_of(std::string const& text, std::size_t most, random& source) {
    http_server::limits limits;
    limits.max_header_bytes = 300;
    limits.max_body_bytes = 20;
    request_parser parser(limits);
    std::string bytes;
    std::size_t given = 0;
    while (given < text.size() && !parser.refused() && !parser.is_whole()) {
        auto const size = std::min(1 + below(source, most), text.size() - given);
        bytes.append(text, given, size);
        given += size;
        bytes.erase(0, parser.take_bytes(bytes));
    }
    if (parser.refused())
        return std::to_string(parser.refused()->status);
    if (!parser.is_whole())
        return "half";
    auto const keeps_alive = parser.keeps_alive();
    auto const request = parser.take();
    return request.method + ' ' + request.target + ' ' + request.body + (keeps_alive ? " +" : " -") +
           std::to_string(text.size() - given + bytes.size());
}

TEST(request_parser, takes_the_same_from_whatever_pieces) {
    random source(20'261'123);
    std::size_t good = 0;
    for (int round = 0; round < 20'000; ++round) {
        // What is wrong may be seen only by what follows.
        auto const text = made_up(source) + "GET /next HTTP/1.1\r\n\r\n";
        auto const whole = outcome_of(text, 1'000, source);
        good += whole.starts_with("POST") ? 1U : 0U;
        ASSERT_EQ(outcome_of(text, 1, source), whole) << text;
        ASSERT_EQ(outcome_of(text, 7, source), whole) << text;
    }
    // It would be no test if all were refused.
    EXPECT_GT(good, 4'000);
}

} // namespace
} // namespace runwatch
