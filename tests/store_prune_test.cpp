#include "support/store_in_memory.hpp"

#include <chrono>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using support::noon;
using support::sample_result;
using support::sample_watch;
using support::texts;
using support::to_sinks;

using store_prune = support::store_in_memory;

auto const month = std::chrono::hours{24 * 30};

TEST_F(store_prune, removes_what_was_settled_long_ago) {
    record({sample_result({"T", "R1"}), sample_result({"T", "R2"}), sample_result({"T", "R3"})});
    settle(id_of("R1"), delivery_state::delivered, noon(1));
    settle(id_of("R2"), delivery_state::delivered, noon(60));
    EXPECT_EQ(get(store_.prune(noon(1) + month)), 0U);
    EXPECT_EQ(get(store_.prune(noon(2) + month)), 1U);
    EXPECT_EQ(id_of("R1"), 0);
    EXPECT_NE(id_of("R2"), 0);
    EXPECT_EQ(due("ops", noon(60) + month), texts{"R3"}) << "what is owed stays for ever";
    EXPECT_EQ(get(store_.prune(noon(61) + month)), 1U);
}

TEST_F(store_prune, keeps_what_is_dead_or_orphaned_or_owed_to_another) {
    record({sample_result({"T", "R1"}), sample_result({"T", "R2"})}, {"ops", "file"});
    settle(id_of("R1"), delivery_state::delivered, noon(1));
    settle(id_of("R1", "file"), delivery_state::dead, noon(1), {}, "HTTP 400");
    settle(id_of("R2"), delivery_state::delivered, noon(1));
    get(store_.set_sinks({{"ops", "webhook"}}, noon(2)));
    EXPECT_EQ(get(store_.prune(noon(9) + month)), 0U);
    get(store_.drop({}));
    EXPECT_EQ(get(store_.prune(noon(9) + month)), 2U);
    EXPECT_EQ(get(store_.deliveries({})).size(), 0U);
}

TEST_F(store_prune, removes_a_result_that_went_to_no_sink) {
    record({sample_result({"T", "R1"})}, {});
    EXPECT_EQ(get(store_.prune(noon() + month)), 0U);
    EXPECT_EQ(get(store_.prune(noon(1) + month)), 1U);
}

TEST_F(store_prune, leaves_a_tombstone_so_that_no_run_is_reported_twice) {
    record({sample_result({"T", "R1"})}, {});
    get(store_.prune(noon(1) + month));
    EXPECT_EQ(get(store_.watch({sample_watch({"t", "r1"})})).size(), 0U);
    EXPECT_EQ(record({sample_result({"t", "r1"})}), texts{});
    EXPECT_EQ(id_of("R1"), 0);
}

TEST_F(store_prune, leaves_the_verdict_for_the_next_of_the_test) {
    record({sample_result({"T", "R1"}, outcome::failed), sample_result({"T", "R2"}, outcome::timed_out)}, {});
    get(store_.prune(noon(1) + month));
    record({sample_result({"T", "R3"})});
    record({sample_result({"T", "R4"})});
    auto const owed = get(store_.due("ops", noon(), 2, {}));
    EXPECT_EQ(owed.at(0).result.previous->run_id, "R1");
    EXPECT_EQ(owed.at(0).result.previous->ended, outcome::failed);
    EXPECT_EQ(owed.at(1).result.previous->run_id, "R3");
}

TEST_F(store_prune, takes_more_than_one_portion) {
    std::vector<run_result> many;
    many.reserve(1'200);
    for (int index = 0; index < 1'200; ++index)
        many.push_back(sample_result({"T", "R" + std::to_string(index)}));
    record(std::move(many), {});
    EXPECT_EQ(get(store_.prune(noon(1) + month)), 1'200U);
    EXPECT_EQ(get(store_.prune(noon(1) + month)), 0U);
}

TEST_F(store_prune, durations_of_a_test_are_the_newest) {
    findings all;
    for (int index = 0; index < 90; ++index)
        all.durations.push_back({index % 2 == 0 ? "Test-A" : "test-a",
                                 observed_duration{std::chrono::seconds{index}, index != 50, noon(index)}});
    all.durations.push_back({"other", observed_duration{7s, true, noon()}});
    get(store_.record(all, to_sinks({})));
    auto const learned = get(store_.learned());
    ASSERT_EQ(learned.size(), 2U);
    auto const& kept = learned.at("test-a");
    ASSERT_EQ(kept.size(), durations_worth_keeping);
    EXPECT_EQ(kept.back().taken, 89s);
    EXPECT_EQ(kept.front().taken, 90s - std::chrono::seconds{durations_worth_keeping});
    for (auto const& each : kept)
        EXPECT_EQ(each.ended, each.taken != 50s);
    ASSERT_EQ(learned.at("other").size(), 1U);
    EXPECT_EQ(learned.at("other").front().taken, 7s);
    get(store_.prune(noon(5) + month));
    EXPECT_FALSE(get(store_.learned()).contains("other")) << "nobody has run it for a month";
    EXPECT_EQ(get(store_.learned()).at("test-a").size(), durations_worth_keeping);
}

} // namespace
} // namespace runwatch
