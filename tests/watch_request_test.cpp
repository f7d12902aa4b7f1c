#include "cli/watch_request.hpp"

#include "cli/daemon_answers.hpp"
#include "runwatch/json_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch::cli {
namespace {

std::vector<std::string> watches_in(std::string const& body) { return read_objects(json_member(body, "watches")); }

TEST(watch_request, asks_for_nothing_where_there_is_nothing) { EXPECT_TRUE(watch_requests({}, {}, {}).empty()); }

TEST(watch_request, says_what_is_wanted_of_each_run) {
    std::vector<std::string> const runs{"t/one", "t/tw\"o"};
    auto const bodies = watch_requests(runs, {{"branch", "main"}}, {"ops"});
    ASSERT_EQ(bodies.size(), 1U);
    auto const watches = watches_in(bodies[0]);
    ASSERT_EQ(watches.size(), 2U);
    EXPECT_EQ(json_string(json_member(watches[1], "run")), runs[1]);
    EXPECT_EQ(json_string(json_member(json_member(watches[0], "labels"), "branch")), "main");
    EXPECT_EQ(json_member(watches[0], "sinks"), R"(["ops"])");
    EXPECT_EQ(json_member(watches_in(watch_requests(runs, {}, {})[0])[0], "sinks"), "") << "every sink";
}

TEST(watch_request, asks_for_many_in_pieces) {
    std::vector<std::string> runs;
    for (std::size_t number = 0; number != 2 * most_watches_at_once + 1; ++number)
        runs.push_back("t/" + std::to_string(number));
    auto const bodies = watch_requests(runs, {}, {});
    ASSERT_EQ(bodies.size(), 3U);
    std::vector<std::string> asked;
    for (auto const& body : bodies)
        for (auto const& each : watches_in(body))
            asked.push_back(json_string(json_member(each, "run")));
    EXPECT_EQ(asked, runs);
    EXPECT_EQ(watches_in(bodies[2]).size(), 1U);
}

} // namespace
} // namespace runwatch::cli
