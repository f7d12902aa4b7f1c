#include "net/proxy.hpp"

#include "support/loopback.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

constexpr auto established = "HTTP/1.1 200 Connection established\r\n\r\n";

TEST(http_proxy, tunnels_and_verifies_the_server_behind_it) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"api.test"})).receive().send(ok("1")).receive().send(ok("2")).hang();
    auto& proxy = net.serve();
    proxy.on_connection().receive().send(established).tunnel_to(server.port());
    net.options.proxy.url = proxy.url("http");
    // The name is the proxy's to look up.
    EXPECT_EQ(text_of(net.get("https://api.test/a?b=c")), "200 1");
    EXPECT_EQ(text_of(net.get("https://api.test/")), "200 2");

    auto const& asked = proxy.requests().at(0);
    EXPECT_EQ(asked.method, "CONNECT");
    EXPECT_EQ(asked.target, "api.test:443");
    EXPECT_EQ(asked.header("Host"), "api.test:443");
    EXPECT_EQ(asked.header("Proxy-Authorization"), "");
    EXPECT_EQ(server.requests().at(0).target, "/a?b=c");
    EXPECT_EQ(server.requests().at(0).header("Host"), "api.test");
    EXPECT_EQ(server.requests().at(0).server_name, "api.test");
}

TEST(http_proxy, is_told_the_credentials_and_the_server_is_not) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"::1"})).receive().send(ok("")).hang();
    auto& proxy = net.serve();
    proxy.on_connection().receive().send(established).tunnel_to(server.port());
    net.options.proxy.url = "http://Aladdin:open%20sesame@localhost:" + std::to_string(proxy.port());
    auto request = get_request("https://[::1]:8443/");
    request.headers.emplace_back("Authorization", "Bearer KEY");
    EXPECT_EQ(text_of(net.send(request)), "200 ");
    EXPECT_EQ(proxy.requests().at(0).target, "[::1]:8443");
    // The example of RFC 7617, section 2.
    EXPECT_EQ(proxy.requests().at(0).header("Proxy-Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(proxy.requests().at(0).header("Authorization"), "");
    EXPECT_EQ(server.requests().at(0).header("Proxy-Authorization"), "");
}

TEST(http_proxy, cannot_pass_for_the_server) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"proxy.test"}));
    auto& proxy = net.serve();
    proxy.on_connection().receive().send(established).tunnel_to(server.port());
    net.options.proxy.url = proxy.url("http");
    EXPECT_EQ(text_of(net.get("https://api.test/")),
              "refused: the certificate of api.test:443 is refused: it is for the wrong host: proxy.test; check the "
              "host name in --base-url (base_url)");
}

TEST(http_proxy, is_not_used_where_bypassed_or_for_plain_http) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"localhost"})).receive().send(ok("tls")).hang();
    auto& plain = net.serve();
    plain.on_connection().receive().send(ok("plain")).hang();
    net.options.proxy.url = "http://name:secret@localhost:1";
    net.options.proxy.bypass = "example.test, localhost";
    EXPECT_EQ(text_of(net.get(server.url("https"))), "200 tls");
    EXPECT_EQ(text_of(net.get(plain.url("http", "127.0.0.1"))), "200 plain");
}

/// What is said when the proxy, whose URL holds credentials, answers like this; `SERVER` stands for its name.
std::string complaint_about(std::string const& answer) {
    loopback net;
    net.options.timeout = 100ms;
    auto& proxy = net.serve();
    auto& script = proxy.on_connection().receive();
    if (!answer.empty())
        script.send(answer).close();
    else
        script.hang();
    net.options.proxy.url = "http://name:secret@localhost:" + std::to_string(proxy.port());
    return text_of(net.get("https://api.test/"), proxy);
}

TEST(http_proxy, that_wants_other_credentials_refuses) {
    EXPECT_EQ(complaint_about("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                              "Content-Length: 4\r\n\r\nsome"),
              "refused: the proxy SERVER refused our credentials (407): set the user name and password in HTTPS_PROXY, "
              "as http://user:password@host:port");
}

TEST(http_proxy, that_cannot_connect_may_later) {
    EXPECT_EQ(complaint_about("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
              "transient: the proxy SERVER refused to connect to api.test:443: it answered 502");
    EXPECT_EQ(complaint_about("HTTP/1.1 403 Forbidden\r\n\r\n"),
              "transient: the proxy SERVER refused to connect to api.test:443: it answered 403");
    EXPECT_EQ(complaint_about("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"),
              "transient: the proxy SERVER refused to connect to api.test:443: it answered 302");
}

TEST(http_proxy, that_hangs_is_given_up_at_the_deadline) {
    EXPECT_EQ(complaint_about(""),
              "transient: the proxy SERVER, asked to connect to api.test:443, did not answer in time");
}

TEST(http_proxy, that_breaks_off_or_talks_nonsense_may_do_better_later) {
    for (auto const& answer : {std::string{"HTTP/1.1 200"}, std::string{"nonsense\r\n\r\n"},
                               "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')})
        EXPECT_TRUE(complaint_about(answer).starts_with(
            "transient: the proxy SERVER, asked to connect to api.test:443, broke off: "));
}

TEST(http_proxy, that_cannot_be_reached_is_named_as_the_cause) {
    loopback net;
    net.options.proxy.url = "name:secret@127.0.0.1:1";
    EXPECT_EQ(text_of(net.get("https://api.test/")),
              "transient: the proxy cannot be reached: cannot connect to 127.0.0.1:1: Connection refused");
}

TEST(http_proxy, wait_can_be_cancelled) {
    loopback net;
    auto& proxy = net.serve();
    proxy.on_connection().receive().hang();
    net.options.proxy.url = proxy.url("http");
    auto request = net.start(get_request("https://api.test/"));
    run_until(net.io, [&] { return proxy.requests().size() == 1; });
    request.cancel();
    EXPECT_TRUE(ends_cancelled(request));
}

TEST(proxy, is_read_from_its_url) {
    struct {
        char const* url;
        char const* authority;
        char const* authorization;
    } const rows[] = {
        {"http://proxy.test:8080", "proxy.test:8080", ""},
        {"http://proxy.test:8080/", "proxy.test:8080", ""},
        {"proxy.test:8080", "proxy.test:8080", ""},
        {"http://Proxy.Test", "proxy.test:3128", ""},
        {"proxy.test", "proxy.test:3128", ""},
        {"http://10.0.0.1:80", "10.0.0.1:80", ""},
        {"http://[::1]:80", "[::1]:80", ""},
        {"http://a:b@proxy.test", "proxy.test:3128", "Basic YTpi"},
        {"a:b@proxy.test:80", "proxy.test:80", "Basic YTpi"},
        {"http://a%40b:c%3Ad@proxy.test", "proxy.test:3128", "Basic YUBiOmM6ZA=="},
        {"http://a:@proxy.test", "proxy.test:3128", "Basic YTo="},
        {"http://a@proxy.test", "proxy.test:3128", "Basic YTo="},
    };

    for (auto const& row : rows) {
        auto const proxy = parse_proxy(row.url);
        EXPECT_EQ(proxy.peer.authority(), row.authority) << row.url;
        EXPECT_EQ(proxy.authorization, row.authorization) << row.url;
        EXPECT_FALSE(proxy.peer.tls);
    }
}

TEST(proxy, is_refused_without_showing_its_password) {
    for (auto const* url :
         {"https://name:secret@proxy.test", "socks5://name:secret@proxy.test", "http://name:secret@",
          "http://name:secret@:80", "http://name:secret@proxy.test:0", "http://name:secret@proxy.test:65536",
          "http://name:secret@proxy.test:x", "http://name:secret@proxy.test/path", "http://name:secret@proxy.test?a=b",
          "http://name:secret@proxy.test#a", "http://name:secret/@proxy.test", "http://name:secret?@proxy.test",
          "http://name:secret#@proxy.test", "http://name:secret @proxy.test", "name:secret/@proxy.test", "",
          "http://name:a@secret@proxy.test"}) {
        try {
            parse_proxy(url);
            ADD_FAILURE() << url;
        } catch (config_error const& error) {
            EXPECT_TRUE(std::string{error.what()}.starts_with("the proxy ")) << error.what();
            EXPECT_EQ(std::string{error.what()}.find("secret"), std::string::npos) << error.what();
        }
    }
}

TEST(proxy, is_checked_when_the_client_is_made) {
    boost::asio::io_context io;
    http_options options;
    options.proxy.url = "https://proxy.test";
    EXPECT_THROW(http_client(io.get_executor(), options), config_error);
}

TEST(proxy, is_bypassed_for_what_the_list_names) {
    struct {
        char const* list;
        char const* host;
        std::uint16_t port;
        bool bypassed;
    } const rows[] = {
        {"", "api.test", 443, false},
        {" , ,", "api.test", 443, false},
        {"*", "api.test", 443, true},
        {"*", "::1", 443, true},
        {"a.test,*", "api.test", 443, true},

        {"api.test", "api.test", 443, true},
        {"API.Test", "api.test", 443, true},
        {"api.test", "www.api.test", 443, true},
        {"api.test", "myapi.test", 443, false},
        {"api.test", "test", 443, false},
        {"api.test", "api.test.example", 443, false},
        {".api.test", "api.test", 443, true},
        {".api.test", "www.api.test", 443, true},
        {".api.test", "myapi.test", 443, false},
        {"*.api.test", "api.test", 443, true},
        {"*.api.test", "a.b.api.test", 443, true},
        {"*.api.test", "myapi.test", 443, false},
        {"*api.test", "myapi.test", 443, false},
        {".", "api.test", 443, false},
        {"*.", "api.test", 443, false},

        {"a.test,api.test", "api.test", 443, true},
        {"a.test, api.test ,b.test", "api.test", 443, true},
        {"a.test api.test", "api.test", 443, true},
        {"a.test\tapi.test", "api.test", 443, true},
        {"a.test;api.test", "api.test", 443, false},

        {"api.test:443", "api.test", 443, true},
        {"api.test:8443", "api.test", 443, false},
        {"api.test:", "api.test", 443, false},
        {"api.test:x", "api.test", 443, false},
        {".test:443", "api.test", 443, true},
        {":443", "api.test", 443, false},
        {":443", "10.0.0.1", 443, false},

        {"10.0.0.1", "10.0.0.1", 443, true},
        {"10.0.0.1:443", "10.0.0.1", 443, true},
        {"10.0.0.1:80", "10.0.0.1", 443, false},
        {"10.0.0.1", "110.0.0.1", 443, false},
        {"0.0.1", "10.0.0.1", 443, false},
        {".0.0.1", "10.0.0.1", 443, false},
        {"10.0.0.0/8", "10.1.2.3", 443, true},
        {"10.9.9.9/8", "10.1.2.3", 443, true},
        {"10.0.0.0/8", "11.1.2.3", 443, false},
        {"10.0.0.1/32", "10.0.0.1", 443, true},
        {"10.0.0.1/32", "10.0.0.2", 443, false},
        {"0.0.0.0/0", "10.0.0.1", 443, true},
        {"10.0.0.0/33", "10.0.0.1", 443, false},
        {"10.0.0.0/", "10.0.0.1", 443, false},
        {"10.0.0.0/x", "10.0.0.1", 443, false},
        {"/8", "10.0.0.1", 443, false},
        {"::/0", "10.0.0.1", 443, false},
        {"10.0.0.0/8", "api.test", 443, false},

        {"::1", "::1", 443, true},
        {"0:0:0:0:0:0:0:1", "::1", 443, true},
        {"[::1]", "::1", 443, true},
        {"[::1]:443", "::1", 443, true},
        {"[::1]:80", "::1", 443, false},
        {"[::1", "::1", 443, false},
        {"[", "::1", 443, false},
        {"[]", "::1", 443, false},
        {"[]", "api.test", 443, false},
        {"FD00::/8", "fd12::1", 443, true},
        {"fd00::/8", "fe80::1", 443, false},
        {"fd12::1/128", "fd12::1", 443, true},
        {"::/0", "fd12::1", 443, true},
        {"fd00::/129", "fd12::1", 443, false},
    };

    for (auto const& row : rows) {
        origin const peer{true, row.host, row.port};
        EXPECT_EQ(bypasses_proxy(row.list, peer), row.bypassed) << '"' << row.list << "\" for " << peer.authority();
    }
}

TEST(proxy, comes_from_the_environment_lower_case_first) {
    using variables = std::map<std::string, std::string>;
    auto const read = [](variables const& set) {
        auto const settings = proxy_settings_from([&set](char const* name) {
            auto const found = set.find(name);
            return found == set.end() ? nullptr : found->second.c_str();
        });
        return settings.url + " but not " + settings.bypass;
    };
    EXPECT_EQ(read({}), " but not ");
    EXPECT_EQ(read({{"HTTPS_PROXY", "upper"}, {"NO_PROXY", "UPPER"}}), "upper but not UPPER");
    EXPECT_EQ(read({{"https_proxy", "lower"}, {"no_proxy", "LOWER"}}), "lower but not LOWER");
    EXPECT_EQ(read({{"https_proxy", "lower"}, {"HTTPS_PROXY", "upper"}, {"no_proxy", "LOWER"}, {"NO_PROXY", "UPPER"}}),
              "lower but not LOWER");
    EXPECT_EQ(read({{"https_proxy", ""}, {"HTTPS_PROXY", "upper"}}), "upper but not ");
    EXPECT_EQ(read({{"http_proxy", "plain"}, {"HTTP_PROXY", "plain"}, {"ALL_PROXY", "all"}}), " but not ");
}

} // namespace
} // namespace runwatch
