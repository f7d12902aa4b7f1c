#include "cli/control_client.hpp"

#include "cli/usage_error.hpp"
#include "runwatch/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace runwatch::cli {
namespace {

TEST(control_client, reads_addresses_as_people_write_them) {
    struct good_address {
        char const* text;
        char const* url;
        char const* unix_socket;
        char const* shown;
    };

    good_address const cases[] = {
        {"127.0.0.1:9464", "http://127.0.0.1:9464", "", "127.0.0.1:9464"},
        {"http://127.0.0.1:9464/", "http://127.0.0.1:9464", "", "127.0.0.1:9464"},
        {"localhost:80", "http://localhost:80", "", "localhost:80"},
        {"runwatch:9464", "http://runwatch:9464", "", "runwatch:9464"},
        {"[::1]:9464", "http://[::1]:9464", "", "[::1]:9464"},
        {"unix:/run/runwatch/http.sock", "http://localhost", "/run/runwatch/http.sock", "unix:/run/runwatch/http.sock"},
    };
    for (auto const& each : cases) {
        auto const address = parse_control_address(each.text);
        EXPECT_EQ(address.url, each.url) << each.text;
        EXPECT_EQ(address.unix_socket, each.unix_socket) << each.text;
        EXPECT_EQ(address.text(), each.shown) << each.text;
    }
}

TEST(control_client, refuses_addresses_that_are_none) {
    for (std::string const text :
         {"", "127.0.0.1", "[::1]", "localhost:", "localhost:x", "localhost:0", "localhost:70000", ":9464",
          "http://localhost", "http://localhost:9464/v1", "http://user@localhost:9464", "a b:80", "localhost:80?x",
          "ftp://localhost:80", "unix:", "unix:relative", "https://localhost:9464"})
        EXPECT_THROW(parse_control_address(text), usage_error) << text;
    try {
        parse_control_address("https://localhost:9464");
        FAIL();
    } catch (usage_error const& wrong) {
        EXPECT_NE(std::string{wrong.what()}.find("has no TLS"), std::string::npos) << wrong.what();
    }
}

TEST(control_client, reaches_who_listens_on_every_interface_over_loopback) {
    EXPECT_EQ(control_address_of(parse_listen_address("0.0.0.0:1")).url, "http://127.0.0.1:1");
    EXPECT_EQ(control_address_of(parse_listen_address("[::]:1")).url, "http://[::1]:1");
    EXPECT_EQ(control_address_of(parse_listen_address("10.0.0.1:1")).url, "http://10.0.0.1:1");
    EXPECT_THROW(control_address_of(parse_listen_address("127.0.0.1:0")), config_error);
}

TEST(control_client, encodes_what_goes_into_a_path) {
    EXPECT_EQ(percent_encoded("aZ09-_.~"), "aZ09-_.~");
    EXPECT_EQ(percent_encoded("a/b c?d#e%&=\xc3\xa4"), "a%2Fb%20c%3Fd%23e%25%26%3D%C3%A4");
}

} // namespace
} // namespace runwatch::cli
