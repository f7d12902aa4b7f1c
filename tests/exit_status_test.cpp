#include "cli/exit_status.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace runwatch::cli {
namespace {

using enum wait_mode;

standing const passed{outcome::passed, false};
standing const failed{outcome::failed, false};
standing const in_error{outcome::error, false};
standing const unwatchable{outcome::unwatchable, true};
standing const unfinished{outcome::unfinished, false};
standing const unreachable{outcome::unfinished, true};
standing const given_up{outcome::timed_out, false};

struct judgement {
    std::vector<standing> runs;
    wait_mode mode;
    exit_status status;
    bool decided;
};

class exit_status_table : public testing::TestWithParam<judgement> {};

TEST_P(exit_status_table, holds) {
    auto const& [runs, mode, status, decided] = GetParam();
    EXPECT_EQ(judge(runs, mode), status);
    EXPECT_EQ(is_decided(runs, mode), decided);
}

INSTANTIATE_TEST_SUITE_P(every_run, exit_status_table,
                         testing::Values(judgement{{passed}, all, exit_status::passed, true},
                                         judgement{{failed}, all, exit_status::failed, true},
                                         judgement{{in_error}, all, exit_status::error, true},
                                         judgement{{unwatchable}, all, exit_status::unwatchable, true},
                                         judgement{{unfinished}, all, exit_status::timed_out, false},
                                         judgement{{unreachable}, all, exit_status::unreachable, false},
                                         judgement{{given_up}, all, exit_status::timed_out, true},
                                         judgement{{}, all, exit_status::unwatchable, true}));

INSTANTIATE_TEST_SUITE_P(
    first_cause_wins, exit_status_table,
    testing::Values(
        judgement{{failed, in_error, unfinished, unreachable, unwatchable}, all, exit_status::unwatchable, false},
        judgement{{failed, in_error, unfinished, unreachable}, all, exit_status::unreachable, false},
        judgement{{failed, in_error, unfinished, passed}, all, exit_status::timed_out, false},
        judgement{{failed, in_error, passed}, all, exit_status::error, true},
        judgement{{passed, failed}, all, exit_status::failed, true}));

INSTANTIATE_TEST_SUITE_P(any_judges_what_ended, exit_status_table,
                         testing::Values(judgement{{unfinished, passed}, any, exit_status::passed, true},
                                         judgement{{unreachable, failed}, any, exit_status::failed, true},
                                         judgement{{unwatchable, unfinished}, any, exit_status::unwatchable, false},
                                         judgement{{unwatchable, passed}, any, exit_status::passed, true},
                                         judgement{{unwatchable, unwatchable}, any, exit_status::unwatchable, true},
                                         judgement{{unfinished, unfinished}, any, exit_status::timed_out, false},
                                         judgement{{passed, failed}, any, exit_status::failed, true}));

INSTANTIATE_TEST_SUITE_P(fail_fast_judges_what_ended, exit_status_table,
                         testing::Values(judgement{{unfinished, passed}, fail_fast, exit_status::timed_out, false},
                                         judgement{{unreachable, failed}, fail_fast, exit_status::failed, true},
                                         judgement{{unfinished, in_error, passed}, fail_fast, exit_status::error, true},
                                         judgement{
                                             {unfinished, unwatchable}, fail_fast, exit_status::unwatchable, true},
                                         judgement{{passed, passed}, fail_fast, exit_status::passed, true}));

TEST(exit_status, numbers_are_a_promise) {
    EXPECT_EQ(static_cast<int>(exit_status::passed), 0);
    EXPECT_EQ(static_cast<int>(exit_status::failed), 1);
    EXPECT_EQ(static_cast<int>(exit_status::error), 2);
    EXPECT_EQ(static_cast<int>(exit_status::not_delivered), 3);
    EXPECT_EQ(static_cast<int>(exit_status::unwatchable), 4);
    EXPECT_EQ(static_cast<int>(exit_status::unreachable), 5);
    EXPECT_EQ(static_cast<int>(exit_status::usage), 64);
    EXPECT_EQ(static_cast<int>(exit_status::config), 78);
    EXPECT_EQ(static_cast<int>(exit_status::timed_out), 124);
    EXPECT_EQ(static_cast<int>(exit_status::interrupted), 130);
    EXPECT_EQ(static_cast<int>(exit_status::terminated), 143);
}

} // namespace
} // namespace runwatch::cli
