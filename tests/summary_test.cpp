#include "sinks/summary.hpp"

#include "runwatch/text.hpp"
#include "support/sample_results.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using namespace support;

TEST(summary, is_one_line_for_people) {
    EXPECT_EQ(to_line(failed_result()),
              "2026-11-23T12:00:01.500Z failed T1/R1 after 1 m 32 s: failed criteria: Empathy (env=staging)");
    EXPECT_EQ(to_line(result_of(outcome::passed)),
              "2026-11-23T12:00:01.500Z passed T1/R1 after 1 m 32 s (env=staging)");
    EXPECT_EQ(to_line(result_of(outcome::error)),
              "2026-11-23T12:00:01.500Z error T1/R1 after 1 m 32 s: the assistant hung up?second line (env=staging)");
    EXPECT_EQ(to_line(result_of(outcome::timed_out)),
              "2026-11-23T12:00:01.500Z timed_out T1/R1 after 1 m 32 s: no verdict in 24 h (env=staging)");
    auto bare = result_of(outcome::passed);
    bare.labels.clear();
    EXPECT_EQ(to_line(bare), "2026-11-23T12:00:01.500Z passed T1/R1 after 1 m 32 s");
}

TEST(summary, is_printable_and_short_whatever_the_api_sent) {
    auto const line = to_line(hostile_result());
    EXPECT_EQ(line, to_printable(line, line.size()));
    EXPECT_LT(line.size(), 4'000U);
    auto const told = summarize(hostile_result());
    ASSERT_EQ(told.failed_criteria.size(), 11U);
    EXPECT_EQ(told.failed_criteria.back(), "and 22 more");
    ASSERT_EQ(told.labels.size(), 11U);
    EXPECT_EQ(told.labels.back(), "and 21 more");
}

} // namespace
} // namespace runwatch
