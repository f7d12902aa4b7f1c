#include "support/store_in_memory.hpp"

#include <utility>

namespace runwatch {
namespace {

using support::noon;
using support::sample_result;
using support::sample_watch;
using support::texts;

class store_pages : public support::store_in_memory {
protected:
    /// The run ids of one page.
    texts page(result_query query) {
        last_ = get(store_.results(std::move(query)));
        texts runs;
        for (auto const& each : last_.results)
            runs.push_back(each.result.key.run_id);
        return runs;
    }

    /// Three results: T/R1 failed, t/R2 passed, U/R3 failed, a second after one another.
    void record_three() {
        record({sample_result({"T", "R1"}, outcome::failed, 0), sample_result({"t", "R2"}, outcome::passed, 1),
                sample_result({"U", "R3"}, outcome::failed, 2)});
    }

    static watch_record wanted(run_key const& key, watch_origin origin,
                               std::map<std::string, std::string> labels = {}) {
        auto record = sample_watch(key);
        record.origin = origin;
        record.labels = std::move(labels);
        return record;
    }

    texts watched_page(watch_query query) {
        auto const found = get(store_.watched(std::move(query)));
        texts runs;
        for (auto const& each : found.watches)
            runs.push_back(each.key.ref());
        if (found.more)
            runs.emplace_back("more");
        return runs;
    }

    result_page last_;
};

TEST_F(store_pages, results_come_newest_first_or_in_their_order) {
    EXPECT_EQ(page({}), texts{});
    EXPECT_FALSE(last_.more);
    record_three();
    EXPECT_EQ(page({}), (texts{"R3", "R2", "R1"}));
    EXPECT_FALSE(last_.more);
    result_query ascending;
    ascending.ascending = true;
    EXPECT_EQ(page(ascending), (texts{"R1", "R2", "R3"}));
    EXPECT_EQ(last_.reached, last_.results.back().place);
}

TEST_F(store_pages, results_are_filtered) {
    record_three();
    result_query query;
    query.test_id = "T";
    EXPECT_EQ(page(query), (texts{"R2", "R1"})) << "ids that differ in case are one";
    query.ended = {outcome::failed, outcome::error};
    EXPECT_EQ(page(query), texts{"R1"});
    query = {};
    query.since = noon(1);
    EXPECT_EQ(page(query), (texts{"R3", "R2"}));
    query.until = noon(2);
    EXPECT_EQ(page(query), texts{"R2"});
}

TEST_F(store_pages, pages_of_results_follow_each_other) {
    record_three();
    result_query query;
    query.limit = 2;
    EXPECT_EQ(page(query), (texts{"R3", "R2"}));
    EXPECT_TRUE(last_.more);
    query.behind = last_.reached;
    record({sample_result({"T", "R4"})});
    EXPECT_EQ(page(query), texts{"R1"}) << "what came meanwhile is on none of them";
    EXPECT_FALSE(last_.more);
}

TEST_F(store_pages, a_page_of_results_ends_where_it_would_be_too_long_but_has_one) {
    record_three();
    result_query query;
    query.max_bytes = 1;
    EXPECT_EQ(page(query), texts{"R3"});
    EXPECT_TRUE(last_.more);
    query.behind = last_.reached;
    EXPECT_EQ(page(query), texts{"R2"});
}

TEST_F(store_pages, a_page_says_how_far_it_looked_though_it_found_nothing) {
    record_three();
    result_query query;
    query.ascending = true;
    query.ended = {outcome::timed_out};
    EXPECT_EQ(page(query), texts{});
    EXPECT_FALSE(last_.more);
    query.ended = {};
    query.behind = last_.reached;
    record({sample_result({"T", "R4"})});
    EXPECT_EQ(page(query), texts{"R4"});
}

TEST_F(store_pages, many_rows_are_looked_through_in_several_calls) {
    std::vector<run_result> many;
    for (int index = 0; index != 10'001; ++index)
        many.push_back(sample_result({"T", "R" + std::to_string(index)}, outcome::failed));
    record(std::move(many));
    result_query query;
    query.ended = {outcome::passed};
    EXPECT_EQ(page(query), texts{});
    EXPECT_TRUE(last_.more);
    query.behind = last_.reached;
    EXPECT_EQ(page(query), texts{});
    EXPECT_FALSE(last_.more);
}

TEST_F(store_pages, a_result_is_found_by_its_id) {
    record_three();
    auto const found = get(store_.find_result(result_id({"T", "R1"}, outcome::failed)));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->key.run_id, "R1");
    EXPECT_FALSE(get(store_.find_result(result_id({"T", "R1"}, outcome::passed))));
}

TEST_F(store_pages, gaps_are_told_where_results_were_pruned) {
    EXPECT_EQ(get(store_.results_behind(0)).newest, 0);
    record_three();
    settle(id_of("R1"), delivery_state::delivered, noon());
    settle(id_of("R2"), delivery_state::delivered, noon());
    get(store_.prune(noon() + std::chrono::hours{24 * 31}));
    EXPECT_EQ(get(store_.results_behind(0)).newest, 3);
    EXPECT_TRUE(get(store_.results_behind(0)).has_gaps);
    EXPECT_TRUE(get(store_.results_behind(1)).has_gaps);
    EXPECT_FALSE(get(store_.results_behind(2)).has_gaps);
}

TEST_F(store_pages, pages_of_deliveries_follow_each_other) {
    record({sample_result({"T", "R1"}), sample_result({"T", "R2"})}, {"ops", "file"});
    delivery_filter filter;
    auto const first = get(store_.deliveries(filter, 0, 3));
    ASSERT_EQ(first.deliveries.size(), 3);
    EXPECT_TRUE(first.more);
    auto const rest = get(store_.deliveries(filter, first.reached, 3));
    ASSERT_EQ(rest.deliveries.size(), 1);
    EXPECT_FALSE(rest.more);
    filter.sink = "file";
    EXPECT_EQ(get(store_.deliveries(filter, 0, 3)).deliveries.size(), 2);
    filter.states = {delivery_state::dead};
    EXPECT_EQ(get(store_.deliveries(filter, 0, 3)).deliveries.size(), 0);
}

TEST_F(store_pages, pages_of_watches_follow_each_other) {
    get(store_.watch({wanted({"T", "B"}, watch_origin::config), wanted({"t", "a"}, watch_origin::api),
                      wanted({"T0", "C"}, watch_origin::follow), wanted({"T", "B"}, watch_origin::api)}));
    watch_query query;
    EXPECT_EQ(watched_page(query), (texts{"t/a", "T/B", "T0/C"}));
    query.limit = 1;
    EXPECT_EQ(watched_page(query), (texts{"t/a", "more"}));
    query.behind = "t/a";
    EXPECT_EQ(watched_page(query), (texts{"T/B", "more"}));
    query.test_id = "t";
    EXPECT_EQ(watched_page(query), (texts{"T/B"}));
    EXPECT_EQ(get(store_.watch_of({"T", "b"}))->origin, watch_origin::api);
    EXPECT_FALSE(get(store_.watch_of({"T", "X"})));
}

TEST_F(store_pages, what_was_reported_is_told_where_it_is_wanted_again) {
    record_three();
    auto const added =
        get(store_.add_watches({wanted({"T", "R1"}, watch_origin::api), wanted({"T", "R9"}, watch_origin::api),
                                wanted({"T", "r1"}, watch_origin::api)}));
    ASSERT_EQ(added.watched.size(), 1);
    EXPECT_EQ(added.watched[0].key.run_id, "R9");
    ASSERT_EQ(added.reported.size(), 1);
    EXPECT_EQ(added.reported[0].key.run_id, "R1");
    EXPECT_EQ(added.reported[0].result_id, result_id({"T", "R1"}, outcome::failed));
}

TEST_F(store_pages, one_origin_takes_its_wish_back) {
    get(store_.watch({wanted({"T", "R"}, watch_origin::config, {{"a", "config"}, {"b", "config"}}),
                      wanted({"T", "R"}, watch_origin::api, {{"a", "api"}})}));
    EXPECT_EQ(get(store_.watch_of({"T", "R"}))->labels.at("a"), "api");
    auto const first = get(store_.take_back({"t", "r"}, watch_origin::api));
    EXPECT_TRUE(first.removed);
    ASSERT_TRUE(first.watch);
    EXPECT_EQ(first.watch->labels.at("a"), "config");
    EXPECT_EQ(first.watch->origin, watch_origin::config);
    auto const again = get(store_.take_back({"T", "R"}, watch_origin::api));
    EXPECT_FALSE(again.removed);
    EXPECT_TRUE(again.watch) << "what the config wants is the config's";
    get(store_.watch({wanted({"T", "S"}, watch_origin::api)}));
    EXPECT_FALSE(get(store_.take_back({"T", "S"}, watch_origin::api)).watch);
    EXPECT_FALSE(get(store_.take_back({"T", "S"}, watch_origin::api)).removed);
}

TEST_F(store_pages, a_run_has_a_history) {
    get(store_.watch({wanted({"T", "R1"}, watch_origin::api)}));
    status_change change;
    change.key = {"T", "R1"};
    change.at = noon();
    change.status_text = "running";
    findings noted;
    noted.changes = {change};
    get(store_.record(noted, support::to_sinks({})));
    EXPECT_TRUE(get(store_.history({"t", "r1"})).watch);
    record_three();
    settle(id_of("R1"), delivery_state::pending, noon(3), noon(60), "HTTP 503");
    auto const history = get(store_.history({"t", "r1"}));
    EXPECT_FALSE(history.watch);
    ASSERT_TRUE(history.result);
    EXPECT_EQ(history.changes.size(), 1);
    EXPECT_EQ(history.deliveries.size(), 1);
    ASSERT_EQ(history.attempts.size(), 1);
    EXPECT_EQ(history.attempts[0].error, "HTTP 503");
}

TEST_F(store_pages, reloads_are_numbered) {
    EXPECT_EQ(get(store_.last_reload()).generation, 0);
    EXPECT_EQ(get(store_.note_reload("wrong")).generation, 1);
    EXPECT_EQ(get(store_.last_reload()).problem, "wrong");
    EXPECT_EQ(get(store_.note_reload("")).generation, 2);
}

} // namespace
} // namespace runwatch
