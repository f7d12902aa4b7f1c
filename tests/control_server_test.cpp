#include "app/control_server.hpp"

#include "support/manual_clock.hpp"
#include "support/raw_client.hpp"
#include "support/store_in_memory.hpp"

#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace runwatch {
namespace {

class control_server_test : public support::store_in_memory {
protected:
    /// Moves it there, or nowhere. Returns what is wrong.
    std::string move_to(std::string const& where) {
        config next;
        if (!where.empty())
            next.http.listen = parse_listen_address(where);
        try {
            server_.adopt(server_.prepare(next));
            return "";
        } catch (config_error const& error) {
            return error.what();
        }
    }

    bool is_at(std::string const& where) {
        try {
            support::raw_client const client(io_, parse_listen_address(where));
            return true;
        } catch (boost::system::system_error const&) {
            return false;
        }
    }

    /// A port that is free.
    std::string free_port() {
        http_listener const listener(io_.get_executor(), parse_listen_address("127.0.0.1:0"));
        return std::to_string(listener.address().port);
    }

    support::manual_clock clock_{io_};
    log log_{log_settings{log_level::error, log_format::text}, STDERR_FILENO};
    control_server server_{io_.get_executor(), clock_, store_, log_, {}, {}};
};

TEST_F(control_server_test, moves_and_goes) {
    auto const port = free_port();
    EXPECT_EQ(move_to("127.0.0.1:" + port), "");
    EXPECT_TRUE(is_at("127.0.0.1:" + port));
    EXPECT_EQ(move_to("127.0.0.1:" + port), "");
    EXPECT_EQ(move_to("127.0.0.2:" + port), "");
    EXPECT_FALSE(is_at("127.0.0.1:" + port));
    EXPECT_TRUE(is_at("127.0.0.2:" + port));
    EXPECT_TRUE(server_.is_on());
    EXPECT_EQ(move_to(""), "");
    EXPECT_FALSE(is_at("127.0.0.2:" + port));
    EXPECT_FALSE(server_.is_on());
}

TEST_F(control_server_test, says_that_it_is_in_its_own_way) {
    auto const here = "127.0.0.1:" + free_port();
    auto const wider = "0.0.0.0:" + here.substr(here.find(':') + 1);
    EXPECT_EQ(move_to(here), "");
    EXPECT_EQ(move_to(wider), "cannot listen on " + wider + ": this runwatch listens on " + here +
                                  ", which is in the way: restart it, or choose another port");
    EXPECT_TRUE(is_at(here));
    EXPECT_EQ(move_to(""), "");
    EXPECT_EQ(move_to(wider), "");
}

} // namespace
} // namespace runwatch
