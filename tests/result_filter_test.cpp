#include "runwatch/result_filter.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace runwatch {
namespace {

constexpr auto all = {outcome::passed, outcome::failed, outcome::error, outcome::timed_out, outcome::unwatchable};

run_result result_of(outcome ended, std::optional<outcome> previous = std::nullopt) {
    run_result result;
    result.ended = ended;
    if (previous)
        result.previous = previous_result{"before", *previous};
    return result;
}

TEST(result_filter, wants_everything_by_default) {
    for (auto const each : all)
        EXPECT_TRUE(wants({}, result_of(each))) << to_string(each);
    EXPECT_FALSE(wants({}, result_of(outcome::unfinished)));
}

TEST(result_filter, wants_what_is_listed) {
    result_filter const filter{{outcome::failed, outcome::timed_out}, false};
    for (auto const each : all)
        EXPECT_EQ(wants(filter, result_of(each)), each == outcome::failed || each == outcome::timed_out)
            << to_string(each);
}

TEST(result_filter, of_changes_wants_a_pass_after_none_and_the_reverse) {
    struct row {
        outcome now;
        std::optional<outcome> before;
        bool wanted;
    };

    auto const passed = outcome::passed;
    auto const failed = outcome::failed;
    auto const error = outcome::error;
    std::vector<row> const rows{
        {passed, std::nullopt, false}, {failed, std::nullopt, true}, {error, std::nullopt, true},
        {passed, passed, false},       {failed, passed, true},       {error, passed, true},
        {passed, failed, true},        {failed, failed, false},      {error, failed, false},
        {passed, error, true},         {failed, error, false},       {error, error, false},
    };
    for (auto const& row : rows)
        EXPECT_EQ(wants({{}, true}, result_of(row.now, row.before)), row.wanted)
            << to_string(row.now) << " after " << (row.before ? to_string(*row.before) : "nothing");
}

TEST(result_filter, of_changes_never_wants_what_is_no_verdict) {
    for (auto const ended : {outcome::timed_out, outcome::unwatchable, outcome::unfinished})
        for (auto const before : {outcome::passed, outcome::failed})
            EXPECT_FALSE(wants({{}, true}, result_of(ended, before))) << to_string(ended);
}

} // namespace
} // namespace runwatch
