#include "runwatch/http_client.hpp"

#include "support/loopback.hpp"

#include <gtest/gtest.h>

#include <string>

namespace runwatch {
namespace {

using namespace support;

/// The failure of a GET to a server with this identity, which must never see the request; `SERVER` stands for its name.
std::string refusal_of(loopback& net, identity own, std::string const& host = "localhost",
                       tls_version at_most = tls_version::newest) {
    auto& server = net.serve();
    server.on_connection().start_tls(std::move(own), at_most);
    auto text = text_of(net.get(server.url("https", host) + "/secret?key=1"), server, host);
    EXPECT_TRUE(server.requests().empty());
    return text;
}

/// Serves one request as this identity, under this host name.
std::string answer_of(loopback& net, identity own, std::string const& host, std::string const& address = "127.0.0.1") {
    auto& server = net.serve(address);
    server.on_connection().start_tls(std::move(own)).receive().send(ok("")).hang();
    auto text = text_of(net.get(server.url("https", host)));
    if (!server.requests().empty())
        text += server.requests().front().server_name;
    return text;
}

TEST(http_tls, asks_for_the_host_by_name) {
    loopback net;
    EXPECT_EQ(answer_of(net, net.identify({"localhost"}), "localhost"), "200 localhost");
    EXPECT_EQ(answer_of(net, net.identify({"api.localhost", "www.localhost"}), "WWW.localhost"), "200 www.localhost");
    EXPECT_EQ(answer_of(net, net.identify({"*.app.localhost"}), "any.app.localhost"), "200 any.app.localhost");
}

TEST(http_tls, verifies_an_address_as_such_and_asks_for_no_name) {
    loopback net;
    EXPECT_EQ(answer_of(net, net.identify({"127.0.0.1"}), "127.0.0.1"), "200 ");
}

TEST(http_tls, verifies_an_ipv6_address_however_it_is_written) {
    if (!has_ipv6())
        GTEST_SKIP() << "this machine has no ::1";
    loopback net;
    EXPECT_EQ(answer_of(net, net.identify({"::1"}), "[::1]", "::1"), "200 ");
    EXPECT_EQ(answer_of(net, net.identify({"::1"}), "[0:0:0:0:0:0:0:1]", "::1"), "200 ");
}

TEST(http_tls, speaks_tls_1_2_where_it_must) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"localhost"}), tls_version::tls_1_2).receive().send(ok("")).hang();
    EXPECT_EQ(text_of(net.get(server.url("https"))), "200 ");
}

TEST(http_tls, refuses_a_server_without_a_safe_version) {
    loopback net;
    EXPECT_EQ(refusal_of(net, net.identify({"localhost"}), "localhost", tls_version::tls_1_1),
              "refused: TLS with SERVER failed: it offers no TLS version that is safe; it must speak TLS 1.2 or newer");
}

TEST(http_tls, refuses_an_expired_certificate) {
    loopback net;
    certificate_request request({"localhost"});
    request.not_before = timestamp{std::chrono::sys_days{std::chrono::January / 1 / 2020}};
    request.not_after = timestamp{std::chrono::sys_days{std::chrono::March / 2 / 2020}};
    EXPECT_EQ(refusal_of(net, net.identify(request)),
              "refused: the certificate of SERVER is refused: it expired on 2020-03-02 00:00:00 UTC; renew it, or set "
              "this machine's clock right");
}

TEST(http_tls, refuses_a_certificate_that_is_not_valid_yet) {
    loopback net;
    certificate_request request({"localhost"});
    request.not_before = timestamp{std::chrono::sys_days{std::chrono::January / 1 / 2200}};
    request.not_after = timestamp{std::chrono::sys_days{std::chrono::January / 1 / 2201}};
    EXPECT_EQ(refusal_of(net, net.identify(request)),
              "refused: the certificate of SERVER is refused: it is not valid before 2200-01-01 00:00:00 UTC; set this "
              "machine's clock right");
}

TEST(http_tls, refuses_the_certificate_of_another_host) {
    loopback net;
    auto const wrong = std::string{"refused: the certificate of SERVER is refused: it is for the wrong host: "};
    auto const advice = std::string{"; check the host name in --base-url (base_url)"};
    EXPECT_EQ(refusal_of(net, net.identify({"other.test", "www.other.test"})),
              wrong + "other.test, www.other.test" + advice);
    EXPECT_EQ(refusal_of(net, net.identify({"a.test", "b.test", "c.test", "d.test"})),
              wrong + "a.test, b.test, c.test" + advice);
    EXPECT_EQ(refusal_of(net, net.identify({"127.0.0.1"})), wrong + "127.0.0.1" + advice);
    EXPECT_EQ(refusal_of(net, net.identify({"*.app.localhost"}), "app.localhost"), wrong + "*.app.localhost" + advice);
    EXPECT_EQ(refusal_of(net, net.identify({"*.app.localhost"}), "a.b.app.localhost"),
              wrong + "*.app.localhost" + advice);
    EXPECT_EQ(refusal_of(net, net.identify({"localhost"}), "127.0.0.1"), wrong + "localhost" + advice);
    EXPECT_EQ(refusal_of(net, net.identify({"127.0.0.2", "::1"}), "127.0.0.1"), wrong + "127.0.0.2, ::1" + advice);
}

TEST(http_tls, refuses_a_self_signed_certificate) {
    loopback net;
    EXPECT_EQ(refusal_of(net, self_signed(certificate_request({"localhost"}))),
              "refused: the certificate of SERVER is refused: it is self-signed; if you trust it, name its PEM file "
              "with --ca-file (ca_file)");
}

TEST(http_tls, trusts_a_self_signed_certificate_that_is_named) {
    auto const own = self_signed(certificate_request({"localhost"}));
    temporary_file const trusted(own.certificate_pem);
    loopback net;
    net.options.ca_file = trusted.path();
    EXPECT_EQ(answer_of(net, own, "localhost"), "200 localhost");
}

TEST(http_tls, refuses_an_unknown_authority_and_names_it) {
    loopback net;
    auto const stranger = make_authority("Corp \x1b[31mProxy");
    auto const why = "refused: the certificate of SERVER is refused: it is signed by an unknown authority, "
                     "\"Corp ?[31mProxy\"; if that is yours, name its PEM file with --ca-file (ca_file)";
    auto own = issue(stranger, certificate_request({"localhost"}));
    EXPECT_EQ(refusal_of(net, own), why);
    own.certificate_pem += stranger.own.certificate_pem;
    EXPECT_EQ(refusal_of(net, own), why);
}

TEST(http_tls, trusts_the_systems_authorities_unless_told_otherwise) {
    loopback net;
    net.options.ca_file.clear();
    EXPECT_TRUE(refusal_of(net, net.identify({"localhost"})).starts_with("refused: the certificate of SERVER"));
}

TEST(http_tls, sends_nothing_where_the_name_cannot_be_checked) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().hang();
    // Longer than a name may be in TLS.
    auto const host = std::string(300, 'a') + ".localhost";
    EXPECT_EQ(text_of(net.get(server.url("https", host))),
              "permanent: no certificate can be checked for the host " + host);
    run_until(net.io, [&] { return server.connections() == 1; });
}

TEST(http_tls, says_that_a_server_speaks_no_tls) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").hang();
    EXPECT_EQ(text_of(net.get(server.url("https")), server),
              "transient: TLS with SERVER failed: it does not speak TLS; check the port, or whether the address is an "
              "http:// one");
}

TEST(http_tls, is_not_taken_for_an_answer_where_http_was_expected) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"localhost"}));
    EXPECT_EQ(net.get(server.url("http")).error().kind, failure_kind::transient);
}

TEST(http_tls, fails_as_transient_when_the_handshake_is_broken_off) {
    loopback net;
    auto& closing = net.serve();
    closing.on_connection().close();
    auto& resetting = net.serve();
    resetting.on_connection().reset();
    for (auto* server : {&closing, &resetting})
        EXPECT_EQ(text_of(net.get(server->url("https")), *server),
                  "transient: TLS with SERVER failed: it closed the connection during the handshake");
}

TEST(http_tls, needs_a_usable_ca_file) {
    auto const why = [](std::string const& path) -> std::string {
        boost::asio::io_context io;
        http_options options;
        options.ca_file = path;
        try {
            http_client const client(io.get_executor(), options);
            return "nothing";
        } catch (config_error const& error) {
            return error.what();
        }
    };
    temporary_file const empty("");
    temporary_file const garbage("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    temporary_file const key(make_authority("A").own.key_pem);
    temporary_file const both(make_authority("A").own.key_pem + make_authority("A").own.certificate_pem);
    EXPECT_EQ(why("/does/not/exist"), "the CA file /does/not/exist cannot be read: No such file or directory");
    for (auto const* file : {&empty, &garbage, &key})
        EXPECT_EQ(why(file->path()),
                  "the CA file " + file->path() + " holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
    EXPECT_EQ(why("/tmp"), "the CA file /tmp holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
    EXPECT_EQ(why(both.path()), "nothing");
}

TEST(http_tls, reaches_a_server_without_a_request) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"localhost"})).hang();
    EXPECT_TRUE(run(net.io, net.client().reach(server.url("https") + "/hook?token=1")));
    EXPECT_TRUE(server.requests().empty());
}

TEST(http_tls, does_not_reach_a_server_whose_certificate_is_refused) {
    loopback net;
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"other.test"}));
    auto const reached = run(net.io, net.client().reach(server.url("https") + "/hook?token=1"));
    ASSERT_FALSE(reached);
    EXPECT_EQ(reached.error().kind, failure_kind::refused);
    EXPECT_EQ(reached.error().message.find("token"), std::string::npos);
    EXPECT_EQ(run(net.io, net.client().reach("nonsense")).error().kind, failure_kind::permanent);
}

} // namespace
} // namespace runwatch
