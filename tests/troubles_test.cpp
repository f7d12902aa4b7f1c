#include "runwatch/troubles.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using change = troubles::change;

run_key run_of(int index) { return {"T", "R" + std::to_string(index)}; }

TEST(troubles, are_told_once_however_many_runs_share_them) {
    troubles known;
    EXPECT_EQ(known.note(run_of(1), "HTTP 503"), change::began);
    EXPECT_EQ(known.note(run_of(2), "HTTP 503"), change::none);
    EXPECT_EQ(known.note(run_of(1), "HTTP 503"), change::none);
    EXPECT_EQ(known.note(run_of(1), ""), change::none);
    EXPECT_EQ(known.note(run_of(2), ""), change::ended);
    EXPECT_EQ(known.note(run_of(2), ""), change::none);
}

TEST(troubles, of_another_text_begin_anew) {
    troubles known;
    EXPECT_EQ(known.note(run_of(1), "HTTP 503"), change::began);
    EXPECT_EQ(known.note(run_of(1), "HTTP 500"), change::began);
    EXPECT_EQ(known.note(run_of(1), "HTTP 503"), change::began);
    EXPECT_EQ(known.note(run_of(1), ""), change::ended);
}

TEST(troubles, end_untold_with_the_run_that_is_forgotten) {
    troubles known;
    EXPECT_EQ(known.note(run_of(1), "HTTP 503"), change::began);
    known.forget(run_of(1));
    known.forget(run_of(1));
    EXPECT_EQ(known.note(run_of(1), ""), change::none);
    EXPECT_EQ(known.note(run_of(2), "HTTP 503"), change::began);
}

} // namespace
} // namespace runwatch
