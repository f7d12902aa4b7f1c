#include "runwatch/store.hpp"

#include "store/schema.hpp"
#include "support/store_in_memory.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace runwatch {
namespace {

using namespace support;

/// A watch that following found.
watch_record found_watch(run_key const& key, std::map<std::string, std::string> labels = {}) {
    auto watch = sample_watch(key);
    watch.origin = watch_origin::follow;
    watch.labels = std::move(labels);
    return watch;
}

class store_follow : public store_in_memory {
protected:
    std::vector<follow_record> adopt(std::vector<followed_list> follows, int seconds) {
        return get(store_.adopt({{"ops", "webhook"}}, {}, std::move(follows), noon(seconds))).follows;
    }

    texts discover(std::vector<watch_record> watches) {
        texts runs;
        found_runs found;
        found.list = {"T", ""};
        found.watches = std::move(watches);
        for (auto const& key : get(store_.discover(std::move(found), to_sinks({}))).fresh)
            runs.push_back(key.ref());
        return runs;
    }

    /// The sinks that are owed the result of a run anew when a list shows it, 30 s after noon.
    texts owed(followed_list list, run_key const& key, texts sinks, timestamp since = noon(-60)) {
        found_runs found;
        found.list = std::move(list);
        found.since = since;
        found.watches.push_back(found_watch(key));
        found.watches.back().sinks = std::move(sinks);
        found.watches.back().first_seen_at = noon(30);
        return sinks_of(get(store_.discover(std::move(found), by_watch)).first_owed);
    }

    /// Records the result of a run for the sinks that its watch names.
    void end(run_key const& key, int seconds = 0) {
        get(store_.record(found({sample_result(key, outcome::passed, seconds)}), by_watch));
    }

    static texts by_watch(run_result const&, watch_record const& watch) { return watch.sinks; }
};

TEST_F(store_follow, keeps_since_when_each_is_followed) {
    adopt({{"T", ""}, {"", "nightly"}}, 0);
    auto const again = adopt({{"", "*"}, {"t", ""}, {"", "nightly"}}, 60);
    ASSERT_EQ(again.size(), 3U);
    EXPECT_EQ(again[0].list.suite, "*");
    EXPECT_EQ(again[0].began, noon(60));
    EXPECT_EQ(again[1].began, noon()) << "ids that differ in case are one test";
    EXPECT_EQ(again[2].began, noon());
    EXPECT_FALSE(again[2].by_api);
}

TEST_F(store_follow, begins_anew_with_what_comes_back) {
    adopt({{"T", ""}, {"", "T"}}, 0);
    EXPECT_TRUE(adopt({}, 30).empty());
    EXPECT_EQ(adopt({{"T", ""}}, 60).at(0).began, noon(60));
}

TEST_F(store_follow, follows_a_suite_with_an_entry_of_its_own_since_all_suites_were_followed) {
    auto all = adopt({{"", "*"}}, 0).at(0);
    all.began = noon(-2);
    all.by_api = true;
    get(store_.note_follow(all));
    auto const both = adopt({{"", "*"}, {"", "nightly"}}, 60);
    EXPECT_EQ(both.at(1).began, noon(-2));
    EXPECT_TRUE(both.at(1).by_api);
    EXPECT_EQ(adopt({{"", "weekly"}, {"", "nightly"}}, 90).at(0).began, noon(-2)) << "also where it takes its place";
    EXPECT_EQ(adopt({{"", "weekly"}, {"", "other"}, {"T", ""}}, 120).at(1).began, noon(120));
}

TEST_F(store_follow, keeps_the_time_by_the_apis_clock) {
    auto record = adopt({{"", "nightly"}}, 0).at(0);
    record.began = noon(-3600);
    record.by_api = true;
    get(store_.note_follow(record));
    auto const kept = adopt({{"", "nightly"}}, 60).at(0);
    EXPECT_EQ(kept.began, noon(-3600));
    EXPECT_TRUE(kept.by_api);
    adopt({}, 90);
    get(store_.note_follow(record));
    EXPECT_EQ(adopt({{"", "nightly"}}, 120).at(0).began, noon(120)) << "nothing is noted of what is not followed";
}

TEST_F(store_follow, tells_which_runs_nobody_watched) {
    get(store_.watch({sample_watch({"T", "watched"})}));
    record({sample_result({"T", "reported"})});
    EXPECT_EQ(discover({found_watch({"T", "watched"}), found_watch({"T", "reported"}), found_watch({"T", "new"}),
                        found_watch({"t", "NEW"})}),
              (texts{"T/new"}));
    EXPECT_EQ(discover({found_watch({"T", "new"})}), texts{});
    EXPECT_EQ(get(store_.watched()).size(), 2U);
}

TEST_F(store_follow, lets_labels_of_the_config_and_the_api_win) {
    discover({found_watch({"T", "R"}, {{"who", "follow"}, {"f", "1"}})});
    auto configured = sample_watch({"T", "R"});
    configured.labels = {{"who", "config"}};
    get(store_.watch({configured}));
    discover({found_watch({"T", "R"}, {{"who", "follow again"}})});
    auto const watched = get(store_.watched());
    ASSERT_EQ(watched.size(), 1U);
    EXPECT_EQ(watched[0].labels, (std::map<std::string, std::string>{{"who", "config"}, {"f", "1"}}));
}

TEST_F(store_follow, keeps_a_run_that_the_config_names_no_more_but_following_found) {
    discover({found_watch({"T", "found"})});
    get(store_.adopt({}, {sample_watch({"T", "found"}), sample_watch({"T", "named"})}, {}, noon()));
    auto const adopted = get(store_.adopt({}, {}, {}, noon()));
    ASSERT_EQ(adopted.watched.size(), 1U);
    EXPECT_EQ(adopted.watched[0].key.run_id, "found");
}

TEST_F(store_follow, does_not_bring_back_what_was_let_go_of_by_hand) {
    discover({found_watch({"T", "R"}), found_watch({"T", "S"})});
    get(store_.unwatch({{"T", "R"}}));
    get(store_.unwatch({{"T", "S"}}, watch_origin::follow));
    EXPECT_EQ(discover({found_watch({"T", "R"}), found_watch({"T", "S"})}), (texts{"T/S"}));
    EXPECT_TRUE(get(store_.watch({found_watch({"T", "R"})})).empty());
    EXPECT_EQ(get(store_.watch({sample_watch({"T", "R"})})).size(), 1U) << "who names it wants it";
    get(store_.unwatch({{"T", "R"}}, watch_origin::config));
    EXPECT_EQ(discover({found_watch({"T", "R"})}), (texts{"T/R"})) << "that has lifted it";
}

TEST_F(store_follow, owes_a_result_to_the_sinks_of_each_list_that_shows_its_run) {
    adopt({{"T", ""}, {"", "nightly"}, {"", "*"}}, -60);
    get(store_.set_sinks({{"ops", "webhook"}, {"file", "file"}}, noon()));
    run_key const key{"T", "R"};
    EXPECT_EQ(owed({"T", ""}, key, {"ops"}), texts{}) << "its result is yet to come";
    end(key);
    EXPECT_EQ(owed({"", "nightly"}, key, {"ops", "file"}), texts{"file"}) << "each sink gets it once";
    EXPECT_EQ(owed({"", "nightly"}, key, {"ops", "file"}), texts{});
    auto const due = get(store_.due("file", noon(30), 9, {}));
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].owed_since, noon(30));
    EXPECT_EQ(due[0].result.key, key);
    EXPECT_EQ(due[0].result.detected_at, noon());
    EXPECT_EQ(get(store_.due("ops", noon(30), 9, {})).size(), 1U);
    EXPECT_EQ(owed({"", "weekly"}, key, {"gone"}), texts{});
    EXPECT_TRUE(id_of("R", "gone") != 0) << "it waits for the return of the sink";
}

TEST_F(store_follow, owes_a_result_also_if_nobody_followed_its_run_before) {
    adopt({{"", "*"}}, -60);
    get(store_.watch({sample_watch({"T", "R"})}));
    record({sample_result({"T", "R"})}, {});
    EXPECT_EQ(owed({"", "nightly"}, {"t", "r"}, {"ops"}), texts{"ops"});
}

TEST_F(store_follow, owes_no_result_anew_when_sinks_change) {
    adopt({{"T", ""}, {"", "nightly"}}, -60);
    get(store_.set_sinks({{"ops", "webhook"}, {"file", "file"}}, noon()));
    run_key const together{"T", "together"};
    owed({"T", ""}, together, {"ops"});
    owed({"", "nightly"}, together, {"ops"});
    end(together);
    run_key const filtered{"T", "filtered"};
    owed({"T", ""}, filtered, {"ops"});
    end(filtered);
    EXPECT_EQ(owed({"", "nightly"}, filtered, {}), texts{}) << "no sink of the entry wants it";
    for (auto const& key : {together, filtered})
        for (auto const& list : {followed_list{"T", ""}, followed_list{"", "nightly"}})
            EXPECT_EQ(owed(list, key, {"file"}), texts{}) << key.run_id;
}

TEST_F(store_follow, owes_no_result_from_before_the_list_was_followed) {
    adopt({{"T", ""}}, -60);
    record({sample_result({"T", "R"})}, {});
    EXPECT_EQ(owed({"T", ""}, {"T", "R"}, {"ops"}, noon(1)), texts{});
    EXPECT_EQ(owed({"T", ""}, {"T", "R"}, {"ops"}, noon()), texts{"ops"}) << "that may be changed later";
}

TEST_F(store_follow, owes_nothing_where_nothing_is_followed) {
    adopt({{"T", ""}}, -60);
    run_key const key{"T", "R"};
    record({sample_result(key)}, {});
    for (auto const& list : {followed_list{"U", ""}, followed_list{"", "nightly"}, followed_list{"", "*"}})
        EXPECT_EQ(owed(list, key, {"ops"}), texts{}) << list.test_id << list.suite;
    adopt({{"U", ""}}, 0);
    EXPECT_EQ(owed({"T", ""}, key, {"ops"}), texts{}) << "a look may end after its list has left the config";
    adopt({{"T", ""}}, 0);
    EXPECT_EQ(owed({"T", ""}, key, {"ops"}), texts{"ops"});
}

TEST_F(store_follow, takes_a_suite_for_the_same_with_an_entry_of_its_own_and_without) {
    adopt({{"", "*"}}, -60);
    run_key const key{"T", "R"};
    record({sample_result(key)}, {});
    EXPECT_EQ(owed({"", "nightly"}, key, {}), texts{});
    for (auto const& lists : std::vector<std::vector<followed_list>>{
             {{"", "*"}, {"", "nightly"}}, {{"", "nightly"}}, {{"", "nightly"}, {"", "*"}}, {{"", "*"}}}) {
        adopt(lists, 0);
        EXPECT_EQ(owed({"", "nightly"}, key, {"ops"}), texts{});
    }
    adopt({}, 0);
    adopt({{"", "nightly"}}, 0);
    EXPECT_EQ(owed({"", "nightly"}, key, {"ops"}), texts{"ops"}) << "it begins anew";
}

TEST_F(store_follow, owes_nothing_of_what_was_let_go_of_by_hand) {
    adopt({{"T", ""}, {"", "nightly"}}, -60);
    run_key const key{"T", "R"};
    owed({"T", ""}, key, {"ops"});
    get(store_.unwatch({key}));
    // It had ended just then.
    record({sample_result(key)}, {});
    EXPECT_EQ(owed({"", "nightly"}, key, {"ops"}), texts{});
}

TEST(store_found, is_forgotten_with_what_was_found) {
    temporary_directory const directory;
    auto const path = directory.file("state.db");
    boost::asio::io_context io;
    store running{io.get_executor(), {.path = path, .keep = std::chrono::seconds{10}}};
    run(io, running.adopt({}, {}, {{"T", ""}}, noon(-60)));
    found_runs found;
    found.list = {"T", ""};
    for (auto const* id : {"reported", "let go", "watched"})
        found.watches.push_back(found_watch({"T", id}));
    run(io, running.discover(found, to_sinks({})));
    run(io, running.record(support::found({sample_result({"T", "reported"})}), to_sinks({})));
    run(io, running.unwatch({{"T", "let go"}}));
    run(io, running.prune(noon(60)));
    run(io, running.discover(found, to_sinks({})));
    sqlite::database database{path, sqlite::access::read_beside};
    EXPECT_EQ(database.number("SELECT count(*) FROM found"), 1);
}

TEST(store_format, follows_from_a_file_of_the_second_version_on) {
    temporary_directory const directory;
    auto const path = directory.file("state.db");
    std::ofstream{path}.close();
    {
        sqlite::database database{path, sqlite::access::read_write};
        migrate(database, schema_steps().first(2));
        database.run("INSERT INTO watches VALUES ('t/r', 'T', 'R', 5, 'running')");
        database.run("INSERT INTO claims VALUES ('t/r', 2, '{}', '[]')");
    }
    boost::asio::io_context io;
    store running{io.get_executor(), {.path = path}};
    auto const adopted = run(io, running.adopt({}, {}, {{"T", ""}}, noon()));
    ASSERT_EQ(adopted.follows.size(), 1U);
    ASSERT_EQ(adopted.watched.size(), 1U);
    EXPECT_EQ(adopted.watched[0].key.ref(), "T/R");
    found_runs again;
    again.list = {"T", ""};
    again.watches.push_back(found_watch({"T", "R"}));
    EXPECT_TRUE(run(io, running.discover(std::move(again), to_sinks({}))).fresh.empty());
}

} // namespace
} // namespace runwatch
