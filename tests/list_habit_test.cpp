#include "runwatch/list_habit.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

page_yield yield_of(std::size_t page, std::size_t total_pages, std::size_t wanted, std::size_t found,
                    bool first = true) {
    page_yield yield;
    yield.page = page;
    yield.first = first;
    yield.total_pages = total_pages;
    yield.shown = 100;
    yield.wanted = wanted;
    yield.found = found;
    return yield;
}

TEST(list_habit, prefers_a_list_for_two_runs_and_a_fetch_for_one) {
    list_habit habit;
    EXPECT_FALSE(is_list_cheaper(habit, 0));
    EXPECT_FALSE(is_list_cheaper(habit, 1));
    EXPECT_TRUE(is_list_cheaper(habit, 2));
}

TEST(list_habit, begins_at_the_front_and_reads_on_as_long_as_pages_show_what_is_wanted) {
    list_habit habit;
    EXPECT_EQ(first_page(habit), 1U);
    EXPECT_EQ(next_page(habit, yield_of(1, 5, 250, 100)), 2U);
    EXPECT_EQ(next_page(habit, yield_of(2, 5, 150, 40, false)), 3U);
    EXPECT_FALSE(next_page(habit, yield_of(3, 5, 110, 1, false)));
    EXPECT_FALSE(next_page(habit, yield_of(1, 1, 250, 50)));
    EXPECT_FALSE(next_page(habit, yield_of(1, 5, 50, 49)));
    EXPECT_FALSE(next_page(habit, yield_of(5, 5, 50, 20, false)));
    EXPECT_FALSE(next_page(habit, yield_of(1, 0, 50, 20)));
}

TEST(list_habit, turns_to_the_other_end_when_the_first_page_shows_nothing) {
    list_habit habit;
    EXPECT_EQ(next_page(habit, yield_of(1, 40, 20, 0)), 40U);
    EXPECT_FALSE(next_page(habit, yield_of(40, 40, 20, 20, false)));
    EXPECT_EQ(first_page(habit), 40U);
    EXPECT_TRUE(is_list_cheaper(habit, 20));
    EXPECT_EQ(next_page(habit, yield_of(40, 40, 20, 12)), 39U);
    // The list has become shorter.
    EXPECT_EQ(next_page(habit, yield_of(40, 3, 20, 0)), 1U);
}

TEST(list_habit, gives_a_list_up_that_shows_little_and_tries_it_again_ever_less_often) {
    list_habit habit;
    for (int sweep = 0; sweep < 10; ++sweep)
        next_page(habit, yield_of(1, 1, 10, 0));
    auto const passed_over = [&] {
        int count = 0;
        while (!is_list_cheaper(habit, 10))
            ++count;
        next_page(habit, yield_of(1, 1, 10, 0));
        return count;
    };
    auto const once = passed_over();
    auto const again = passed_over();
    EXPECT_GE(once, 5);
    EXPECT_GE(again, 2 * once);
    // It has become worth it again.
    habit.passed_over = habit.patience;
    EXPECT_TRUE(is_list_cheaper(habit, 10));
    next_page(habit, yield_of(1, 1, 10, 10));
    EXPECT_TRUE(is_list_cheaper(habit, 10));
}

TEST(list_habit, does_not_count_against_a_page_that_it_could_not_hold_more) {
    list_habit habit;
    for (int sweep = 0; sweep < 10; ++sweep)
        next_page(habit, yield_of(1, 100, 10'000, 100));
    EXPECT_TRUE(is_list_cheaper(habit, 2));
}

TEST(list_habit, leaves_a_list_alone_for_a_while_that_could_not_be_read) {
    list_habit habit;
    note_refusal(habit);
    EXPECT_FALSE(is_list_cheaper(habit, 100));
    int count = 1;
    while (!is_list_cheaper(habit, 100))
        ++count;
    EXPECT_GE(count, 8);
}

} // namespace
} // namespace runwatch
