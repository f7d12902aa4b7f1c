#include "runwatch/listen_address.hpp"

#include "runwatch/http_client.hpp"

#include <gtest/gtest.h>

#include <string>

namespace runwatch {
namespace {

struct good_address {
    char const* text;
    char const* host;
    unsigned port;
    char const* path;
    bool loopback;
};

TEST(listen_address, is_read_and_written_as_in_a_config) {
    good_address const cases[] = {
        {"127.0.0.1:9464", "127.0.0.1", 9464, "", true},
        {"127.8.9.10:1", "127.8.9.10", 1, "", true},
        {"localhost:0", "localhost", 0, "", true},
        {"[::1]:9464", "::1", 9464, "", true},
        {"0.0.0.0:80", "0.0.0.0", 80, "", false},
        {"[::]:65535", "::", 65535, "", false},
        {"10.1.2.3:9464", "10.1.2.3", 9464, "", false},
        {"[fe80::1]:9464", "fe80::1", 9464, "", false},
        {"unix:/run/runwatch/http.sock", "", 0, "/run/runwatch/http.sock", true},
        {"unix:/a:b]c", "", 0, "/a:b]c", true},
    };
    for (auto const& each : cases) {
        auto const where = parse_listen_address(each.text);
        EXPECT_EQ(where.host, each.host) << each.text;
        EXPECT_EQ(where.port, each.port) << each.text;
        EXPECT_EQ(where.path, each.path) << each.text;
        EXPECT_EQ(where.is_unix(), *each.path != '\0') << each.text;
        EXPECT_EQ(where.is_loopback(), each.loopback) << each.text;
        EXPECT_EQ(where.text(), each.text);
    }
}

std::string complaint_about(std::string const& text) {
    try {
        parse_listen_address(text);
        return "none";
    } catch (config_error const& error) {
        return error.what();
    }
}

TEST(listen_address, that_cannot_be_used_is_refused_with_the_mend) {
    std::pair<std::string, char const*> const cases[] = {
        {"", "it has no port: write it behind a colon, as in 127.0.0.1:9464"},
        {"127.0.0.1", "it has no port: write it behind a colon, as in 127.0.0.1:9464"},
        {"[::1]", "it has no port: write it behind a colon, as in 127.0.0.1:9464"},
        {"localhost", "it has no port: write it behind a colon, as in 127.0.0.1:9464"},
        {":9464", "it names no address: write 127.0.0.1 for this machine alone, 0.0.0.0 or [::] for every interface"},
        {"127.0.0.1:", "the port must be a number from 0 (any that is free) to 65535"},
        {"127.0.0.1:http", "the port must be a number from 0 (any that is free) to 65535"},
        {"127.0.0.1:+80", "the port must be a number from 0 (any that is free) to 65535"},
        {"127.0.0.1:-1", "the port must be a number from 0 (any that is free) to 65535"},
        {"127.0.0.1: 80", "the port must be a number from 0 (any that is free) to 65535"},
        {"127.0.0.1:65536", "the port must be a number from 0 (any that is free) to 65535"},
        {"example.com:80", "\"example.com\" is no IP address: write one, or localhost"},
        {"127.1:80", "\"127.1\" is no IP address: write one, or localhost"},
        {"[127.0.0.1]:80", "\"127.0.0.1\" is no IP address: write one, or localhost"},
        {"[::1:80", "write an IPv6 address in brackets, as in [::1]:9464"},
        {"::1:80", "write an IPv6 address in brackets, as in [::1]:9464"},
        {"[fe80::1%eth0]:80", "\"fe80::1%eth0\" is no IP address: write one, or localhost"},
        {"http://127.0.0.1:80", "it is a URL: write the address and the port alone, as in 127.0.0.1:9464"},
        {"/run/http.sock", "write a unix socket as unix:/run/http.sock"},
        {"unix:run/http.sock", "the path of a unix socket must be absolute, as in unix:/run/runwatch/http.sock"},
        {"unix:", "the path of a unix socket must be absolute, as in unix:/run/runwatch/http.sock"},
        {"unix:/run/", "it names a folder: add the name of the socket"},
        {"unix:/run/a\nb", "the path holds a control character"},
        {"unix:/" + std::string(107, 'x'),
         "the path of a unix socket may have 107 bytes, this one has 108: choose a shorter one"},
    };
    for (auto const& [text, why] : cases) {
        auto const complaint = complaint_about(text);
        EXPECT_TRUE(complaint.starts_with("cannot listen on \"")) << complaint;
        EXPECT_TRUE(complaint.ends_with(std::string{"\": "} + why)) << text << " → " << complaint;
    }
    EXPECT_EQ(parse_listen_address("unix:/" + std::string(106, 'x')).path.size(), 107);
}

TEST(listen_address, overlaps_with_what_has_the_same_port_of_the_same_address) {
    struct pair {
        char const* one;
        char const* other;
        bool overlaps;
    };

    pair const cases[] = {
        {"127.0.0.1:80", "127.0.0.1:80", true},
        {"127.0.0.1:80", "127.0.0.1:81", false},
        {"127.0.0.1:80", "127.0.0.2:80", false},
        {"127.0.0.1:80", "0.0.0.0:80", true},
        {"127.0.0.1:80", "[::]:80", true},
        {"127.0.0.1:80", "[::1]:80", false},
        {"127.0.0.1:80", "localhost:80", true},
        {"0.0.0.0:80", "[::1]:80", false},
        {"0.0.0.0:80", "[::]:80", true},
        {"localhost:80", "[::1]:80", true},
        {"[::1]:80", "[0:0::1]:80", true},
        // It is [::] alone that takes IPv4, too.
        {"0.0.0.0:80", "[0::0]:80", false},
        {"0.0.0.0:0", "0.0.0.0:0", false},
        {"unix:/a", "unix:/a", false},
        {"unix:/a", "0.0.0.0:80", false},
    };
    for (auto const& each : cases) {
        auto const first = parse_listen_address(each.one);
        auto const second = parse_listen_address(each.other);
        EXPECT_EQ(overlap(first, second), each.overlaps) << each.one << ", " << each.other;
        EXPECT_EQ(overlap(second, first), each.overlaps) << each.other << ", " << each.one;
    }
}

} // namespace
} // namespace runwatch
