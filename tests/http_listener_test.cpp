#include "runwatch/http_server.hpp"

#include "support/loopback.hpp"
#include "support/no_root.hpp"
#include "support/server_bench.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace support;
namespace asio = boost::asio;
namespace fs = std::filesystem;

listen_address at(std::string const& path) { return parse_listen_address("unix:" + path); }

std::string complaint(asio::io_context& io, listen_address const& where) {
    try {
        http_listener const listener(io.get_executor(), where);
        return "none";
    } catch (config_error const& error) {
        return error.what();
    }
}

TEST(http_listener, serves_over_a_unix_socket) {
    temporary_directory const folder;
    server_bench bench;
    bench.where = at(folder.file("http.sock"));
    EXPECT_EQ(body_of(bench.exchange("GET /a HTTP/1.0\r\n\r\n")), "GET /a ");
    EXPECT_TRUE(bench.requests.front().is_unix);
    EXPECT_EQ(bench.address().text(), "unix:" + folder.file("http.sock"));
}

TEST(http_listener, makes_its_file_for_its_group_whatever_the_umask) {
    temporary_directory const folder;
    asio::io_context io;
    for (mode_t const mask : {0U, 022U, 0777U}) {
        auto const before = ::umask(mask);
        http_listener const listener(io.get_executor(), at(folder.file("http.sock")));
        ::umask(before);

        struct stat found {};

        ASSERT_EQ(::lstat(folder.file("http.sock").c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 07777, 0660);
    }
    EXPECT_FALSE(fs::exists(folder.file("http.sock")));
}

TEST(http_listener, replaces_the_file_of_a_process_that_is_no_more) {
    temporary_directory const folder;
    auto const path = folder.file("http.sock");
    asio::io_context io;
    { asio::local::stream_protocol::acceptor const dead(io, asio::local::stream_protocol::endpoint(path)); }
    ASSERT_TRUE(fs::is_socket(path));
    http_listener const listener(io.get_executor(), at(path));
    asio::local::stream_protocol::socket client(io);
    EXPECT_NO_THROW(client.connect(asio::local::stream_protocol::endpoint(path)));
}

TEST(http_listener, leaves_a_socket_in_use_and_other_files_alone) {
    temporary_directory const folder;
    auto const path = folder.file("http.sock");
    asio::io_context io;
    {
        http_listener const first(io.get_executor(), at(path));
        EXPECT_EQ(complaint(io, at(path)),
                  "cannot listen on unix:" + path + ": another process listens there: stop it, or choose another path");
        EXPECT_TRUE(fs::is_socket(path));
    }
    std::ofstream(path) << "mine";
    EXPECT_EQ(complaint(io, at(path)),
              "cannot listen on unix:" + path +
                  ": there is a file of that name that is no socket: remove it, or choose another path");
    EXPECT_TRUE(fs::is_regular_file(path));
}

TEST(http_listener, removes_no_file_but_its_own) {
    temporary_directory const folder;
    auto const path = folder.file("http.sock");
    asio::io_context io;
    {
        http_listener const first(io.get_executor(), at(path));
        fs::remove(path);
        std::ofstream(path) << "mine";
    }
    EXPECT_TRUE(fs::is_regular_file(path));
}

TEST(http_listener, says_what_is_wrong_with_a_path) {
    temporary_directory const folder;
    asio::io_context io;
    auto const missing = folder.file("missing");
    EXPECT_EQ(complaint(io, at(missing + "/http.sock")),
              "cannot listen on unix:" + missing + "/http.sock" + ": the folder " + missing +
                  " does not exist: create it (under systemd: RuntimeDirectory=), or choose another");
    std::ofstream(folder.file("file")) << "x";
    EXPECT_EQ(complaint(io, at(folder.file("file/http.sock"))),
              "cannot listen on unix:" + folder.file("file/http.sock") + ": a part of " + folder.file("file") +
                  " is no folder: choose another path");
}

TEST(http_listener, says_who_may_not_make_its_file) {
    temporary_directory const folder;
    std::filesystem::create_directory(folder.file("closed"));
    asio::io_context io;
    no_root const nobody(folder.path());
    std::filesystem::permissions(folder.file("closed"),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    EXPECT_EQ(complaint(io, at(folder.file("closed/http.sock"))),
              "cannot listen on unix:" + folder.file("closed/http.sock") + ": this user may not create files in " +
                  folder.file("closed") + ": give it that folder, or choose another");
}

TEST(http_listener, says_that_a_port_is_taken) {
    asio::io_context io;
    http_listener const first(io.get_executor(), parse_listen_address("127.0.0.1:0"));
    EXPECT_NE(first.address().port, 0);
    EXPECT_EQ(complaint(io, first.address()),
              "cannot listen on " + first.address().text() +
                  ": the port is in use: another program, or another runwatch, listens there; stop it or choose "
                  "another port");
}

TEST(http_listener, says_that_an_address_is_not_of_this_machine) {
    asio::io_context io;
    EXPECT_EQ(complaint(io, parse_listen_address("192.0.2.1:0")),
              "cannot listen on 192.0.2.1:0: no interface of this machine has that address: use one that `ip address` "
              "lists");
}

/// Whether a listener on one host keeps another off its port. Some port may be in use by others just now.
bool keeps_off(std::string const& one, std::string const& other) {
    asio::io_context io;
    for (int tries = 0; tries < 3; ++tries) {
        http_listener const first(io.get_executor(), parse_listen_address(one + ":0"));
        if (complaint(io, parse_listen_address(other + ':' + std::to_string(first.address().port))) == "none")
            return false;
    }
    return true;
}

TEST(http_listener, is_kept_off_by_one_that_overlaps) {
    if (!has_ipv6())
        GTEST_SKIP() << "this machine has no ::1";
    std::string const hosts[] = {"127.0.0.1", "127.0.0.2", "0.0.0.0", "localhost", "[::1]", "[0::1]", "[::]", "[0::0]"};
    for (auto const& one : hosts)
        for (auto const& other : hosts)
            EXPECT_EQ(overlap(parse_listen_address(one + ":1"), parse_listen_address(other + ":1")),
                      keeps_off(one, other))
                << one << ", " << other;
}

bool can_connect(asio::io_context& io, std::string const& host, std::uint16_t port) {
    asio::ip::tcp::socket client(io);
    boost::system::error_code error;
    client.connect(asio::ip::tcp::endpoint(asio::ip::make_address(host), port), error);
    return !error;
}

TEST(http_listener, takes_both_addresses_of_localhost) {
    asio::io_context io;
    http_listener const listener(io.get_executor(), parse_listen_address("localhost:0"));
    EXPECT_NE(listener.address().port, 0);
    EXPECT_EQ(listener.address().text(), "localhost:" + std::to_string(listener.address().port));
    EXPECT_TRUE(can_connect(io, "127.0.0.1", listener.address().port));
    EXPECT_EQ(can_connect(io, "::1", listener.address().port), has_ipv6());
}

TEST(http_listener, takes_ipv4_on_every_interface_alone) {
    if (!has_ipv6())
        GTEST_SKIP() << "this machine has no ::1";
    asio::io_context io;
    http_listener const all(io.get_executor(), parse_listen_address("[::]:0"));
    EXPECT_TRUE(can_connect(io, "127.0.0.1", all.address().port));
    http_listener const one(io.get_executor(), parse_listen_address("[::1]:0"));
    EXPECT_TRUE(can_connect(io, "::1", one.address().port));
    EXPECT_FALSE(can_connect(io, "127.0.0.1", one.address().port));
}

/// A socket that somebody else listens on, as systemd does.
template <class Protocol>
typename Protocol::acceptor other_listener(asio::io_context& io, typename Protocol::endpoint const& endpoint) {
    return {io, endpoint};
}

TEST(http_listener, takes_over_from_who_listens_there_already) {
    temporary_directory const folder;
    asio::io_context io;
    auto const path = folder.file("http.sock");
    auto unix_one = other_listener<asio::local::stream_protocol>(io, {path});
    auto tcp_one = other_listener<asio::ip::tcp>(io, {asio::ip::make_address("127.0.0.1"), 0});
    auto const port = ':' + std::to_string(tcp_one.local_endpoint().port());
    std::vector<int> const inherited{unix_one.native_handle(), tcp_one.native_handle()};
    {
        http_listener const listener(io.get_executor(), at(path), inherited);
        EXPECT_TRUE(listener.is_inherited());
    }
    EXPECT_TRUE(fs::exists(path)) << "the file is another's";
    http_listener const listener(io.get_executor(), parse_listen_address("127.0.0.1" + port), inherited);
    EXPECT_TRUE(listener.is_inherited());
    EXPECT_EQ(listener.address().text(), "127.0.0.1" + port);
}

TEST(http_listener, takes_over_from_nobody_who_listens_on_more_or_on_less) {
    asio::io_context io;
    auto everywhere = other_listener<asio::ip::tcp>(io, {asio::ip::make_address("0.0.0.0"), 0});
    auto half = other_listener<asio::ip::tcp>(io, {asio::ip::make_address("127.0.0.1"), 0});
    std::vector<int> const inherited{everywhere.native_handle(), half.native_handle()};
    auto const wider = parse_listen_address("127.0.0.1:" + std::to_string(everywhere.local_endpoint().port()));
    EXPECT_THROW(http_listener(io.get_executor(), wider, inherited), config_error);
    auto const narrower = parse_listen_address("localhost:" + std::to_string(half.local_endpoint().port()));
    EXPECT_THROW(http_listener(io.get_executor(), narrower, inherited), config_error);
}

TEST(http_listener, leaves_alone_who_listens_elsewhere) {
    temporary_directory const folder;
    asio::io_context io;
    auto other = other_listener<asio::local::stream_protocol>(io, {folder.file("other.sock")});
    asio::ip::tcp::socket no_listener(io, asio::ip::tcp::v4());
    http_listener const listener(io.get_executor(), at(folder.file("http.sock")),
                                 {other.native_handle(), no_listener.native_handle(), -1});
    EXPECT_FALSE(listener.is_inherited());
}

} // namespace
} // namespace runwatch
