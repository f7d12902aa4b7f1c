#include "runwatch/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

TEST(backoff, doubles_up_to_its_cap) {
    backoff_policy policy;
    policy.first = 500ms;
    policy.cap = 30s;

    struct {
        unsigned failures;
        duration wait;
    } const rows[] = {{0, 500ms},
                      {1, 500ms},
                      {2, 1s},
                      {3, 2s},
                      {4, 4s},
                      {5, 8s},
                      {6, 16s},
                      {7, 30s},
                      {8, 30s},
                      {100, 30s},
                      {std::numeric_limits<unsigned>::max(), 30s}};

    for (auto const& row : rows)
        EXPECT_EQ(backoff(row.failures, 0.0, policy), row.wait) << row.failures;
}

TEST(backoff, is_shortened_by_up_to_a_quarter) {
    EXPECT_EQ(backoff(2, 0.0), 1'000ms);
    EXPECT_EQ(backoff(2, 0.5), 875ms);
    EXPECT_EQ(backoff(2, 1.0), 750ms);
    EXPECT_EQ(backoff(2, 7.0), 750ms);
    EXPECT_EQ(backoff(2, -7.0), 1'000ms);
    EXPECT_EQ(backoff(100, 1.0), 22'500ms);
}

TEST(backoff, never_exceeds_a_cap_below_its_first_wait) {
    backoff_policy policy;
    policy.first = 10s;
    policy.cap = 1s;
    EXPECT_EQ(backoff(1, 0.0, policy), 1s);
    EXPECT_EQ(backoff(2, 0.0, policy), 1s);
}

} // namespace
} // namespace runwatch
