#include "app/life_summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace runwatch {
namespace {

delivery_count counted(std::string sink, delivery_state state, std::size_t count) {
    delivery_count made;
    made.sink = std::move(sink);
    made.state = state;
    made.count = count;
    return made;
}

TEST(life_summary, says_that_nothing_happened) {
    life_summary summary;
    summary.unsettled.emplace();
    summary.why_ended = "nothing was left to do";
    EXPECT_EQ(to_text(summary), "verdict: none (no run was reported)\nundelivered: nothing\nstill watched: 0\n"
                                "ended: nothing was left to do\n");
}

TEST(life_summary, gives_the_worst_of_what_was_reported_as_the_verdict) {
    life_summary summary;
    summary.reported = {{outcome::passed, 11}, {outcome::failed, 2}, {outcome::error, 0}, {outcome::timed_out, 1}};
    summary.watching = 3;
    summary.unsettled = {counted("ops", delivery_state::dead, 1), counted("fi\nle", delivery_state::pending, 2),
                         counted("none", delivery_state::pending, 0)};
    summary.why_ended = "told to stop by SIGTERM";
    auto const text = to_text(summary);
    EXPECT_TRUE(text.starts_with("verdict: timed_out (1 timed_out, 2 failed, 11 passed)\n"
                                 "undelivered: 1 dead (ops), 2 pending (fi"))
        << text;
    EXPECT_TRUE(text.ends_with("still watched: 3\nended: told to stop by SIGTERM\n")) << text;
    EXPECT_EQ(std::ranges::count(text, '\n'), 4) << "what comes from elsewhere makes no line";
}

TEST(life_summary, says_where_the_state_could_not_be_asked) {
    EXPECT_NE(to_text(life_summary{}).find("undelivered: not known"), std::string::npos);
}

} // namespace
} // namespace runwatch
