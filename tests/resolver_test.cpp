#include "net/resolver.hpp"

#include "support/loopback.hpp"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace runwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace support;

/// A name server on this machine. It says nothing about `silent.test`, that it failed about `broken.test`, and that
/// there is no such name about any that it was not told of.
class name_server {
public:
    explicit name_server(asio::io_context& io) : socket_(io, {asio::ip::address_v4::loopback(), 0}) { receive(); }

    /// Adds a name, perhaps without any address.
    void add(std::string const& name, std::vector<std::string> const& addresses) {
        auto& known = names_[name];
        for (auto const& address : addresses)
            known.push_back(asio::ip::make_address(address));
    }

    /// As in http_options::name_servers.
    std::string address() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }

    std::size_t questions() const { return questions_; }

private:
    void receive() {
        socket_.async_receive_from(asio::buffer(packet_), from_,
                                   [this](boost::system::error_code error, std::size_t size) {
                                       if (error)
                                           return;
                                       answer(std::string{packet_.data(), size});
                                       receive();
                                   });
    }

    /// The layout of a message is that of RFC 1035, section 4.
    void answer(std::string question) {
        ++questions_;
        std::string name;
        std::size_t at = 12;
        while (question.at(at) != 0) {
            std::size_t const length = static_cast<unsigned char>(question.at(at));
            name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
            at += length + 1;
        }
        auto const wants_v6 = question.at(at + 2) == 28;
        question.resize(at + 5);
        if (name == "silent.test")
            return;
        std::string records;
        char count = 0;
        for (auto const& address : names_[name]) {
            if (address.is_v6() != wants_v6)
                continue;
            ++count;
            records += std::string{"\xc0\x0c\0", 3} + (wants_v6 ? '\x1c' : '\x01') + std::string{"\0\1\0\0\0\x3c\0", 7};
            if (wants_v6) {
                auto const bytes = address.to_v6().to_bytes();
                records += '\x10' + std::string{bytes.begin(), bytes.end()};
            } else {
                auto const bytes = address.to_v4().to_bytes();
                records += '\x04' + std::string{bytes.begin(), bytes.end()};
            }
        }
        auto const known = names_.contains(name) && (!names_[name].empty() || name == "empty.test");
        question[2] = '\x81';
        question[3] = static_cast<char>(0x80 | (name == "broken.test" ? 2 : known ? 0 : 3));
        question[7] = count;
        socket_.send_to(asio::buffer(question + records), from_);
    }

    asio::ip::udp::socket socket_;
    asio::ip::udp::endpoint from_;
    std::array<char, 512> packet_{};
    std::map<std::string, std::vector<asio::ip::address>> names_;
    std::size_t questions_ = 0;
};

std::chrono::steady_clock::time_point in(duration time) { return std::chrono::steady_clock::now() + time; }

/// The addresses of a host in order of their text, or the failure.
std::string addresses_of(asio::io_context& io, std::string const& host, std::string const& name_servers) {
    auto const found = run(io, resolve(host, name_servers, in(5s)));
    if (!found)
        return std::string{to_string(found.error().kind)} + ": " + found.error().message;
    std::vector<std::string> texts;
    for (auto const& address : *found)
        texts.push_back(address.to_string());
    std::ranges::sort(texts);
    std::string all;
    for (auto const& text : texts)
        all += (all.empty() ? "" : " ") + text;
    return all;
}

constexpr auto nobody = "127.0.0.1:1";

TEST(resolver, takes_an_address_for_itself) {
    asio::io_context io;
    EXPECT_EQ(addresses_of(io, "192.0.2.1", nobody), "192.0.2.1");
    EXPECT_EQ(addresses_of(io, "2001:db8::1", nobody), "2001:db8::1");
}

TEST(resolver, knows_that_localhost_is_loopback_without_asking) {
    asio::io_context io;
    EXPECT_EQ(addresses_of(io, "localhost", nobody), "127.0.0.1 ::1");
    EXPECT_EQ(addresses_of(io, "any.name.localhost", nobody), "127.0.0.1 ::1");
}

TEST(resolver, finds_the_addresses_of_both_families) {
    asio::io_context io;
    name_server names(io);
    names.add("both.test", {"192.0.2.1", "192.0.2.2", "2001:db8::1"});
    names.add("old.test", {"192.0.2.3"});
    names.add("new.test", {"2001:db8::2"});
    EXPECT_EQ(addresses_of(io, "both.test", names.address()), "192.0.2.1 192.0.2.2 2001:db8::1");
    EXPECT_EQ(addresses_of(io, "old.test", names.address()), "192.0.2.3");
    EXPECT_EQ(addresses_of(io, "new.test", names.address()), "2001:db8::2");
}

TEST(resolver, says_that_there_is_no_such_name) {
    asio::io_context io;
    name_server names(io);
    names.add("empty.test", {});
    auto const label = std::string(64, 'a');
    for (auto const& host :
         {std::string{"typo.test"}, std::string{"empty.test"}, std::string{"a..test"}, label + ".test"})
        EXPECT_EQ(addresses_of(io, host, names.address()),
                  "transient: cannot find the host " + host + ": there is no such name; check the URL");
}

TEST(resolver, fails_as_transient_when_the_name_server_does) {
    asio::io_context io;
    name_server names(io);
    EXPECT_TRUE(
        addresses_of(io, "broken.test", names.address()).starts_with("transient: cannot find the host broken.test: "));
}

TEST(resolver, gives_up_at_the_deadline) {
    asio::io_context io;
    name_server names(io);
    auto const start = std::chrono::steady_clock::now();
    auto const found = run(io, resolve("silent.test", names.address(), in(100ms)));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error(),
              failure(failure_kind::transient, "cannot find the host silent.test: no name server answered in time"));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 90ms);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

TEST(resolver, ends_at_once_when_cancelled_and_leaves_nothing_behind) {
    asio::io_context io;
    auto const start = std::chrono::steady_clock::now();
    {
        name_server names(io);
        task search(io, resolve("silent.test", names.address(), in(1h)));
        // One question for each family.
        run_until(io, [&] { return names.questions() == 2; });
        search.cancel();
        EXPECT_TRUE(ends_cancelled(search));
    }
    EXPECT_TRUE(runs_empty(io));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

TEST(resolver, asks_for_several_names_side_by_side) {
    asio::io_context io;
    name_server names(io);
    names.add("known.test", {"192.0.2.1"});
    task silent(io, resolve("silent.test", names.address(), in(1h)));
    std::vector<task<result<std::vector<asio::ip::address>>>> searches;
    searches.reserve(50);
    for (int count = 0; count < 50; ++count)
        searches.emplace_back(io, resolve("known.test", names.address(), in(5s)));
    for (auto& search : searches)
        EXPECT_EQ(search.get().value().size(), 1U);
    EXPECT_FALSE(silent.done());
    silent.cancel();
    EXPECT_TRUE(ends_cancelled(silent));
}

TEST(resolver, fails_as_transient_when_the_process_has_no_descriptor_left) {
#ifdef __SANITIZE_ADDRESS__
    // UBSan finds out by a pipe whether an object's memory can be read: without a descriptor it reports what is none.
    GTEST_SKIP() << "a sanitizer needs descriptors of its own";
#endif
    asio::io_context io;
    name_server names(io);
    names.add("known.test", {"192.0.2.1"});
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    auto const next_free = ::dup(0);
    ::close(next_free);
    for (unsigned left = 0; left < 4; ++left) {
        auto none = before;
        none.rlim_cur = static_cast<rlim_t>(next_free) + left;
        ::setrlimit(RLIMIT_NOFILE, &none);
        task search(io, resolve("known.test", names.address(), in(5s)));
        auto const found = search.get();
        ::setrlimit(RLIMIT_NOFILE, &before);
        if (found)
            break;
        EXPECT_EQ(found.error().kind, failure_kind::transient);
        EXPECT_EQ(found.error().message.find("Too many open files") != std::string::npos, left < 2);
    }
    EXPECT_EQ(addresses_of(io, "known.test", names.address()), "192.0.2.1");
}

TEST(resolver, checks_a_list_of_name_servers) {
    for (auto const* good : {"127.0.0.1", "127.0.0.1:53", "[::1]:53", "::1", "127.0.0.1:53,[::1]:5353"})
        EXPECT_TRUE(are_name_servers(good)) << good;
    for (auto const* bad : {"dns.test", "127.0.0.1:x", "127.0.0.1:", "300.0.0.1", "127.0.0.1:53;127.0.0.2"})
        EXPECT_FALSE(are_name_servers(bad)) << bad;
}

TEST(http_resolving, reports_name_servers_that_cannot_be_used) {
    asio::io_context io;
    http_options options;
    options.name_servers = "dns.test";
    EXPECT_THROW(http_client(io.get_executor(), options), config_error);
}

TEST(http_resolving, tries_every_address_of_a_host) {
    loopback net;
    name_server names(net.io);
    names.add("one.test", {"127.0.0.2", "127.0.0.1"});
    names.add("two.test", {"127.0.0.1", "127.0.0.2"});
    net.options.name_servers = names.address();
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"one.test"})).receive().send(ok("1")).hang();
    server.on_connection().start_tls(net.identify({"two.test"})).receive().send(ok("2")).hang();
    EXPECT_EQ(text_of(net.get(server.url("https", "one.test"))), "200 1");
    EXPECT_EQ(text_of(net.get(server.url("https", "two.test"))), "200 2");
}

TEST(http_resolving, tries_the_addresses_of_both_families) {
    if (!has_ipv6())
        GTEST_SKIP() << "this machine has no ::1";
    loopback net;
    name_server names(net.io);
    names.add("both.test", {"127.0.0.1", "::1"});
    net.options.name_servers = names.address();
    auto& server = net.serve("::1");
    server.on_connection().start_tls(net.identify({"both.test"})).receive().send(ok("both")).hang();
    server.on_connection().receive().send(ok("localhost")).hang();
    EXPECT_EQ(text_of(net.get(server.url("https", "both.test"))), "200 both");
    EXPECT_EQ(text_of(net.get(server.url("http", "localhost"))), "200 localhost");
}

TEST(http_resolving, names_the_peer_that_no_address_reaches) {
    loopback net;
    name_server names(net.io);
    names.add("gone.test", {"127.0.0.2", "127.0.0.3"});
    net.options.name_servers = names.address();
    EXPECT_EQ(text_of(net.get("https://gone.test:1/")), "transient: cannot connect to gone.test:1: Connection refused");
}

TEST(http_resolving, delays_nobody_but_the_request_that_waits_for_it) {
    loopback net;
    name_server names(net.io);
    net.options.name_servers = names.address();
    net.options.timeout = 300ms;
    auto& server = net.serve();
    auto& script = server.on_connection();
    for (int count = 0; count < 10; ++count)
        script.receive().send(ok(""));
    script.hang();
    auto stuck = net.start(get_request("https://silent.test/"));
    run_until(net.io, [&] { return names.questions() == 2; });
    for (int count = 0; count < 10; ++count)
        EXPECT_EQ(text_of(net.get(server.url("http"))), "200 ");
    EXPECT_FALSE(stuck.done());
    EXPECT_EQ(text_of(stuck.get()), "transient: cannot find the host silent.test: no name server answered in time");
}

TEST(http_resolving, can_be_cancelled) {
    loopback net;
    name_server names(net.io);
    net.options.name_servers = names.address();
    auto stuck = net.start(get_request("https://silent.test/"));
    run_until(net.io, [&] { return names.questions() == 2; });
    stuck.cancel();
    EXPECT_TRUE(ends_cancelled(stuck));
}

} // namespace
} // namespace runwatch
