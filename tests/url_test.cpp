#include "runwatch/url.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

TEST(url, can_be_sent_to_over_tls_or_on_this_machine) {
    for (auto const* url :
         {"https://example.com", "https://example.com:8443/a?b=c", "http://localhost:1/", "http://[::1]"})
        EXPECT_EQ(url_problem(url, false), "") << url;
    EXPECT_EQ(url_problem("http://example.com", true), "");
}

TEST(url, says_why_nothing_can_be_sent_to_it) {
    EXPECT_EQ(url_problem("http://example.com", false), "it has no TLS: use https://, or allow it with allow_http");
    EXPECT_EQ(url_problem("example.com", true), "it is not an absolute URL");
    EXPECT_EQ(url_problem("ftp://example.com", true), "it must begin with https:// (or http://)");
    EXPECT_EQ(url_problem("https://u:p@example.com", true), "it holds a user name or a password");
    EXPECT_EQ(url_problem("https:///x", true), "it names no host");
}

TEST(url, has_an_origin) {
    EXPECT_EQ(url_origin("https://Example.com:443/a?b"), "https://example.com");
    EXPECT_EQ(url_origin("http://[::1]:8080/a"), "http://[::1]:8080");
    EXPECT_EQ(url_origin("/relative"), "");
    EXPECT_EQ(url_origin("https://u:p@example.com"), "");
}

} // namespace
} // namespace runwatch
