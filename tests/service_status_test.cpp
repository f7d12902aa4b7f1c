#include "app/service_status.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr timestamp noon{1'000h};

std::string line(daemon_status const& status) { return service_status(status, 2, "", noon); }

TEST(service_status, counts_what_there_is) {
    daemon_status status;
    status.watching = 12;
    EXPECT_EQ(line(status), "watching 12 runs, 2 deliveries pending");
    EXPECT_EQ(service_status(status, 0, "", noon), "watching 12 runs, 0 deliveries pending");
    status.watching = 1;
    status.results_to_record = 3;
    status.following.resize(1);
    EXPECT_EQ(service_status(status, 1, "", noon),
              "watching 1 run, following 1 list, 1 delivery pending, 3 results not on the disk yet");
}

TEST(service_status, says_what_is_not_known) {
    EXPECT_EQ(service_status({}, std::nullopt, "", noon), "watching 0 runs, the state cannot be read");
}

TEST(service_status, tells_of_a_pause_why_and_how_long) {
    daemon_status status;
    status.pause.emplace();
    status.pause->until = noon + 14s;
    status.pause->reason = "the API asks to slow down (HTTP 429)";
    EXPECT_EQ(line(status),
              "watching 0 runs, 2 deliveries pending, API paused for 14 s: the API asks to slow down (HTTP 429)");
    status.pause->until.reset();
    status.pause->reason = "refused\nREADY=1";
    EXPECT_EQ(line(status).find('\n'), std::string::npos) << "a line of its own would be another note";
}

TEST(service_status, tells_of_a_config_that_is_not_in_force) {
    EXPECT_EQ(service_status({}, 0, "runwatch.yaml:3:1: no such key", noon),
              "the last reload failed (runwatch.yaml:3:1: no such key), and the config from before is in force; "
              "watching 0 runs, 0 deliveries pending");
}

} // namespace
} // namespace runwatch
