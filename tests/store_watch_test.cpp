#include "support/store_in_memory.hpp"

#include <map>

namespace runwatch {
namespace {

using support::noon;
using support::sample_result;
using support::sample_watch;
using support::texts;
using support::to_sinks;
using labels = std::map<std::string, std::string>;

class store_watch : public support::store_in_memory {
protected:
    static watch_record wanted(run_key const& key, watch_origin origin, labels of = {}, texts sinks = {}) {
        auto watch = sample_watch(key);
        watch.origin = origin;
        watch.labels = std::move(of);
        watch.sinks = std::move(sinks);
        return watch;
    }

    /// The only watch there is.
    watch_record only() {
        auto const all = get(store_.watched());
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? watch_record{} : all.front();
    }
};

TEST_F(store_watch, keeps_all_that_is_known_of_a_run) {
    auto watch = wanted({"Test-A", "Run-1"}, watch_origin::api, {{"env", "é\"\n"}}, {"ops", "file"});
    watch.status_text = "running";
    auto const in_force = get(store_.watch({watch}));
    for (auto const& kept : {in_force.at(0), only()}) {
        EXPECT_EQ(kept.key.ref(), "Test-A/Run-1");
        EXPECT_EQ(kept.labels, watch.labels);
        EXPECT_EQ(kept.sinks, watch.sinks);
        EXPECT_EQ(kept.origin, watch_origin::api);
        EXPECT_EQ(kept.first_seen_at, noon());
        EXPECT_EQ(kept.status_text, "running");
    }
}

TEST_F(store_watch, is_one_however_the_ids_are_spelt) {
    auto later = wanted({"T", "R"}, watch_origin::config);
    later.first_seen_at = noon(60);
    get(store_.watch({wanted({"t", "r"}, watch_origin::config)}));
    EXPECT_EQ(get(store_.watch({later, later})).size(), 1U);
    EXPECT_EQ(only().key.ref(), "t/r");
    EXPECT_EQ(only().first_seen_at, noon());
}

TEST_F(store_watch, merges_labels_the_stronger_origin_over_the_weaker_whatever_comes_first) {
    get(store_.watch({wanted({"T", "R"}, watch_origin::api, {{"who", "api"}, {"a", "1"}})}));
    get(store_.watch({wanted({"T", "R"}, watch_origin::follow, {{"who", "follow"}, {"which", "follow"}, {"f", "1"}})}));
    auto const in_force =
        get(store_.watch({wanted({"T", "R"}, watch_origin::config, {{"who", "config"}, {"which", "config"}})}));
    auto const all = labels{{"who", "api"}, {"which", "config"}, {"a", "1"}, {"f", "1"}};
    EXPECT_EQ(in_force.at(0).labels, all);
    EXPECT_EQ(in_force.at(0).origin, watch_origin::api);
    EXPECT_EQ(only().labels, all);
}

TEST_F(store_watch, of_one_origin_the_later_labels_win) {
    get(store_.watch({wanted({"T", "R"}, watch_origin::api, {{"a", "1"}, {"b", "1"}})}));
    get(store_.watch({wanted({"T", "R"}, watch_origin::api, {{"b", "2"}, {"c", "2"}})}));
    EXPECT_EQ(only().labels, (labels{{"a", "1"}, {"b", "2"}, {"c", "2"}}));
}

TEST_F(store_watch, the_config_replaces_what_it_said_before) {
    get(store_.watch({wanted({"T", "R"}, watch_origin::config, {{"old", "1"}}, {"ops"})}));
    get(store_.watch({wanted({"T", "R"}, watch_origin::config, {{"new", "1"}}, {"file"}),
                      wanted({"T", "R"}, watch_origin::config, {{"twice", "1"}}, {"ops"})}));
    EXPECT_EQ(only().labels, (labels{{"new", "1"}, {"twice", "1"}}));
    EXPECT_EQ(only().sinks, (texts{"file", "ops"}));
}

TEST_F(store_watch, unites_sinks_and_none_means_every_one) {
    get(store_.watch({wanted({"T", "R"}, watch_origin::follow, {}, {"a", "b"})}));
    get(store_.watch({wanted({"T", "R"}, watch_origin::api, {}, {"b", "c"})}));
    EXPECT_EQ(only().sinks, (texts{"a", "b", "c"}));
    get(store_.watch({wanted({"T", "R"}, watch_origin::config)}));
    EXPECT_EQ(only().sinks, texts{});
}

TEST_F(store_watch, leaves_out_what_was_reported) {
    record({sample_result({"T", "R1"}), sample_result({"T", "R2"}, outcome::timed_out)});
    auto const in_force =
        get(store_.watch({sample_watch({"t", "r1"}), sample_watch({"T", "R2"}), sample_watch({"T", "R3"})}));
    ASSERT_EQ(in_force.size(), 1U);
    EXPECT_EQ(in_force[0].key.run_id, "R3");
    EXPECT_EQ(only().key.run_id, "R3");
}

TEST_F(store_watch, ends_without_a_result) {
    get(store_.watch({sample_watch({"T", "R1"}), sample_watch({"T", "R2"})}));
    auto const ended = get(store_.unwatch({{"t", "r1"}, {"T", "unknown"}}));
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].run_id, "r1");
    EXPECT_EQ(only().key.run_id, "R2");
    EXPECT_EQ(get(store_.watch({sample_watch({"T", "R1"})})).size(), 1U) << "nothing was reported: it may come back";
}

TEST_F(store_watch, goes_on_while_another_origin_wants_it) {
    get(store_.watch({wanted({"T", "R"}, watch_origin::config, {{"c", "1"}}),
                      wanted({"T", "R"}, watch_origin::api, {{"a", "1"}}, {"ops"}),
                      wanted({"T", "S"}, watch_origin::config)}));
    auto const ended = get(store_.unwatch({{"T", "R"}, {"T", "S"}}, watch_origin::config));
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].run_id, "S");
    EXPECT_EQ(only().labels, (labels{{"a", "1"}}));
    EXPECT_EQ(only().sinks, texts{"ops"});
}

TEST_F(store_watch, of_a_config_is_adopted_together_with_its_sinks) {
    std::vector<sink_identity> const sinks(1, sink_identity{"ops", "webhook"});
    get(store_.watch({sample_watch({"T", "stays"}), sample_watch({"T", "leaves"})}));
    auto asked = sample_watch({"T", "asked"});
    asked.origin = watch_origin::api;
    get(store_.watch({asked}));
    get(store_.stop_sink("ops", "HTTP 410"));
    auto const adopted =
        get(store_.adopt(sinks, {sample_watch({"T", "stays"}), sample_watch({"T", "comes"})}, {}, noon()));
    EXPECT_EQ(adopted.ended, (std::vector<run_key>{{"T", "leaves"}}));
    std::set<std::string> watched;
    for (auto const& record : adopted.watched)
        watched.insert(record.key.run_id);
    EXPECT_EQ(watched, (std::set<std::string>{"stays", "comes", "asked"}));
}

TEST_F(store_watch, notes_the_status) {
    get(store_.watch({sample_watch({"T", "R"})}));
    auto const note = [this](std::vector<status_change> changes) {
        findings all;
        all.changes = std::move(changes);
        EXPECT_TRUE(get(store_.record(all, to_sinks({"ops"}))).empty());
    };
    note({{{"t", "r"}, noon(1), "starting"}, {{"T", "R"}, noon(2), "running"}});
    EXPECT_EQ(only().status_text, "running");
    note({{{"T", "nobody"}, noon(3), "running"}});
}

TEST_F(store_watch, many_are_one_call) {
    std::vector<watch_record> many;
    many.reserve(5'000);
    for (int index = 0; index < 5'000; ++index)
        many.push_back(sample_watch({"T", "R" + std::to_string(index)}));
    EXPECT_EQ(get(store_.watch(many)).size(), many.size());
    EXPECT_EQ(get(store_.watched()).size(), many.size());
}

} // namespace
} // namespace runwatch
