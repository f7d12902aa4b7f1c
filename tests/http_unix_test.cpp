#include "runwatch/http_client.hpp"

#include "support/loopback.hpp"
#include "support/server_bench.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <string>

namespace runwatch {
namespace {

using namespace support;

http_options options_with(std::string const& path) {
    http_options options;
    options.unix_socket = path;
    options.timeout = std::chrono::seconds{5};
    return options;
}

TEST(http_unix, carries_requests_to_localhost_over_one_kept_connection) {
    temporary_directory const folder;
    server_bench bench;
    bench.where = parse_listen_address("unix:" + folder.file("http.sock"));
    bench.server();
    {
        http_client client(bench.io.get_executor(), options_with(folder.file("http.sock")));
        auto const first = run(bench.io, client.send(get_request("http://localhost/a?b")));
        EXPECT_EQ(text_of(first), "200 GET /a?b ");
        auto const second = run(bench.io, client.send(post_request("http://localhost/c", "body")));
        EXPECT_EQ(text_of(second), "200 POST /c body");
        EXPECT_EQ(bench.server().connections(), 1);
        EXPECT_TRUE(bench.requests.front().is_unix);
        EXPECT_EQ(bench.requests.front().header("Host"), "localhost");
    }
    run_until(bench.io, [&bench] { return bench.server().connections() == 0; });
}

TEST(http_unix, says_why_nobody_is_there) {
    temporary_directory const folder;
    boost::asio::io_context io;
    auto const path = folder.file("none.sock");
    http_client client(io.get_executor(), options_with(path));
    EXPECT_EQ(text_of(run(io, client.send(get_request("http://localhost/")))),
              "transient: cannot connect to unix:" + path + ": No such file or directory");
    EXPECT_THROW(http_client(io.get_executor(), options_with("/" + std::string(107, 'x'))), config_error);
}

TEST(http_unix, is_for_localhost_without_tls_alone) {
    temporary_directory const folder;
    loopback net;
    net.options.unix_socket = folder.file("none.sock");
    auto& server = net.serve();
    server.on_connection().receive().send(ok("over TCP"));
    EXPECT_EQ(text_of(net.get(server.url("http", "127.0.0.1"))), "200 over TCP");
    server.on_connection().start_tls(net.identify({"localhost"})).receive().send(ok("over TLS"));
    EXPECT_EQ(text_of(net.get(server.url("https"))), "200 over TLS");
}

} // namespace
} // namespace runwatch
