#include "runwatch/watch_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

instant at(int seconds) { return instant{1h} + std::chrono::seconds{seconds}; }

void add(watch_list& list, run_key const& key, int due) { list.add({key, at(0), timestamp{}}, at(due)); }

/// Takes everything in the order in which it is due.
std::string order_of(watch_list& list) {
    std::string order;
    while (auto* const group = list.first()) {
        auto& item = *group->waiting.begin();
        order += (order.empty() ? "" : " ") + item.run_id;
        list.take(item);
        list.remove(item);
        list.free(item);
    }
    return order;
}

TEST(watch_list, gives_out_runs_in_the_order_in_which_they_are_due_whatever_their_test) {
    watch_list list;
    add(list, {"A", "1"}, 5);
    add(list, {"B", "2"}, 3);
    add(list, {"A", "3"}, 1);
    add(list, {"C", "4"}, 4);
    add(list, {"B", "5"}, 2);
    EXPECT_EQ(list.size(), 5U);
    EXPECT_EQ(list.earliest(), at(1));
    EXPECT_EQ(order_of(list), "3 5 2 4 1");
    EXPECT_EQ(list.size(), 0U);
    EXPECT_EQ(list.earliest(), instant::max());
    EXPECT_EQ(list.find_test("A"), nullptr);
}

TEST(watch_list, keeps_runs_that_are_due_together_in_the_order_in_which_they_came) {
    watch_list list;
    for (auto const* id : {"1", "2", "3", "4"})
        add(list, {"A", id}, 7);
    EXPECT_EQ(order_of(list), "1 2 3 4");
}

TEST(watch_list, knows_a_run_once_whatever_the_case_of_its_ids) {
    watch_list list;
    add(list, {"Test", "Run"}, 1);
    add(list, {"TEST", "rUN"}, 9);
    EXPECT_EQ(list.size(), 1U);
    ASSERT_NE(list.find({"test", "run"}), nullptr);
    // As it was first written: whether the API minds, nobody knows.
    EXPECT_EQ(list.find({"test", "run"})->key().ref(), "Test/Run");
    EXPECT_EQ(list.earliest(), at(1));
}

TEST(watch_list, sets_a_group_aside_and_brings_it_back) {
    watch_list list;
    add(list, {"A", "1"}, 1);
    add(list, {"B", "2"}, 2);
    auto& first = *list.first();
    list.set_aside(first);
    EXPECT_EQ(list.earliest(), at(2));
    add(list, {"A", "3"}, 0);
    EXPECT_EQ(list.earliest(), at(2));
    list.bring_back(first);
    EXPECT_EQ(order_of(list), "3 1 2");
}

TEST(watch_list, keeps_a_group_that_is_set_aside_after_its_last_run_has_gone) {
    watch_list list;
    add(list, {"A", "1"}, 1);
    auto& group = *list.first();
    list.set_aside(group);
    list.remove(*list.find({"A", "1"}));
    EXPECT_NE(list.find_test("A"), nullptr);
    list.bring_back(group);
    EXPECT_EQ(list.find_test("A"), nullptr);
}

TEST(watch_list, tells_a_run_that_came_back_from_the_one_that_was_let_go) {
    watch_list list;
    add(list, {"A", "1"}, 1);
    auto& old = *list.find({"A", "1"});
    list.take(old);
    list.remove(old);
    EXPECT_TRUE(old.let_go);
    EXPECT_EQ(list.size(), 0U);
    add(list, {"A", "1"}, 2);
    EXPECT_NE(list.find({"A", "1"}), &old);
    list.free(old);
    EXPECT_EQ(list.size(), 1U);
    EXPECT_EQ(order_of(list), "1");
}

TEST(watch_list, lets_runs_wait_where_more_can_be_looked_at_together) {
    watch_list list;
    for (auto const* test : {"A", "B", "C"}) {
        add(list, {test, "1"}, 1);
        list.join(*list.find({test, "1"}), "nightly-7");
    }
    auto* const suite_run = list.find_suite_run("nightly-7");
    ASSERT_NE(suite_run, nullptr);
    EXPECT_EQ(suite_run->members, 3U);
    EXPECT_FALSE(suite_run->list());
    auto& item = *list.find({"A", "1"});
    list.put(item, at(2));
    EXPECT_EQ(item.waits_in, item.test) << "nobody knows how to list it";
    suite_run->suite = "nightly";
    list.put(item, at(2));
    EXPECT_EQ(item.waits_in, suite_run);
    for (int run = 2; run < 9; ++run)
        add(list, {"A", std::to_string(run)}, 3);
    list.put(item, at(2));
    EXPECT_EQ(item.waits_in, item.test) << "there are more of the test";
}

TEST(watch_list, says_who_is_missing_from_a_sweep) {
    watch_list list;
    for (int run = 1; run < 6; ++run)
        add(list, {"A", std::to_string(run)}, run);
    auto& group = *list.first();
    group.begin_sweep(at(3));
    EXPECT_EQ(group.count_due(at(3), 99), 3U);
    EXPECT_EQ(group.count_due(at(3), 2), 2U);
    EXPECT_EQ(group.count_missing(99), 3U);
    // Seen, and due again soon.
    list.put(*list.find({"A", "1"}), at(2));
    EXPECT_EQ(group.count_missing(99), 2U);
    EXPECT_FALSE(group.is_missing(*list.find({"A", "1"})));
    EXPECT_TRUE(group.is_missing(*list.find({"A", "2"})));
    EXPECT_FALSE(group.is_missing(*list.find({"A", "4"})));
    list.single_out(*list.find({"A", "4"}), at(2));
    EXPECT_TRUE(group.is_missing(*list.find({"A", "4"})));
}

TEST(watch_list, counts_the_runs_that_no_look_has_succeeded_at) {
    watch_list list;
    add(list, {"A", "1"}, 1);
    add(list, {"A", "2"}, 1);
    EXPECT_EQ(list.unseen(), 2U);
    auto known = list.find({"A", "1"})->progress;
    known.status_text = "running";
    list.update(*list.find({"A", "1"}), known);
    EXPECT_EQ(list.unseen(), 1U);
    list.clear();
    EXPECT_EQ(list.unseen(), 0U);
    EXPECT_EQ(list.size(), 0U);
}

TEST(watch_list, keeps_its_order_through_a_hundred_thousand_random_steps) {
    watch_list list;
    std::map<std::string, int> due;
    std::mt19937 random{5};
    for (int step = 0; step < 100'000; ++step) {
        run_key const key{"T" + std::to_string(random() % 7), std::to_string(random() % 50)};
        auto const when = static_cast<int>(random() % 1'000);
        auto* const item = list.find(key);
        if (item == nullptr) {
            add(list, key, when);
            due[key.ref()] = when;
        } else if (random() % 3 == 0) {
            list.remove(*item);
            due.erase(key.ref());
        } else {
            if (random() % 2 == 0)
                list.take(*item);
            list.put(*item, at(when));
            due[key.ref()] = when;
        }
        ASSERT_EQ(list.size(), due.size());
        if (step % 100 != 0 || due.empty())
            continue;
        auto const first = std::ranges::min_element(due, {}, [](auto const& each) { return each.second; });
        ASSERT_EQ(list.earliest(), at(first->second));
    }
}

} // namespace
} // namespace runwatch
