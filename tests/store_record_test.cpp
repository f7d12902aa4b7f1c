#include "runwatch/run_json.hpp"
#include "support/store_in_memory.hpp"

#include <map>
#include <stdexcept>

namespace runwatch {
namespace {

using support::found;
using support::noon;
using support::sample_result;
using support::sample_watch;
using support::sinks_of;
using support::texts;
using support::to_sinks;

using store_record = support::store_in_memory;

TEST_F(store_record, ends_the_watch_and_owes_each_routed_sink) {
    get(store_.watch({sample_watch({"T", "R1"}), sample_watch({"T", "R2"})}));
    EXPECT_EQ(record({sample_result({"T", "R1"})}, {"ops", "file"}), (texts{"file", "ops"}));
    EXPECT_EQ(due("ops", noon()), texts{"R1"});
    EXPECT_EQ(due("file", noon()), texts{"R1"});
    auto const watched = get(store_.watched());
    ASSERT_EQ(watched.size(), 1U);
    EXPECT_EQ(watched[0].key.run_id, "R2");
}

TEST_F(store_record, gives_back_the_result_as_it_was) {
    auto result = sample_result({"Test-A", "Run-1"}, outcome::failed, 5);
    result.labels = {{"env", "stage \"é\""}, {"a", ""}};
    record({result});
    auto const owed = get(store_.due("ops", noon(5), 1, {}));
    ASSERT_EQ(owed.size(), 1U);
    EXPECT_EQ(to_json(owed[0].result), to_json(result));
    EXPECT_EQ(owed[0].result.run->status, run_status::failed);
    EXPECT_EQ(criteria_of(*owed[0].result.run).front().name, "Empathy");
    EXPECT_EQ(logs_of(*owed[0].result.run), "a line");
    EXPECT_EQ(owed[0].result.run->created_at, result.run->created_at);
    EXPECT_EQ(owed[0].owed_since, noon(5));
    EXPECT_EQ(owed[0].due, noon(5));
    EXPECT_EQ(owed[0].attempts, 0U);
    EXPECT_EQ(owed[0].sink, "ops");
}

TEST_F(store_record, returns_the_first_new_delivery_of_each_sink_as_the_state_has_it) {
    record({sample_result({"T", "R0"}, outcome::failed)}, {"file"});
    auto result = sample_result({"T", "R1"}, outcome::error, 5);
    result.labels = {{"env", "stage"}};
    // By our clock, while the state has what the API wrote.
    result.run->created_at = noon(1);
    auto const owed =
        get(store_.record(found({result, sample_result({"T", "R2"})}), to_sinks({"ops", "gone", "file"})));
    EXPECT_EQ(sinks_of(owed), (texts{"file", "ops"}));
    for (auto const& given : owed) {
        SCOPED_TRACE(given.sink);
        auto const read = get(store_.due(given.sink, noon(9), 9, {id_of("R0", "file")})).at(1);
        EXPECT_EQ(given.id, read.id);
        EXPECT_EQ(given.id, id_of("R1", given.sink));
        EXPECT_EQ(to_json(given.result), to_json(read.result));
        EXPECT_EQ(given.result.run->created_at, read.result.run->created_at);
        EXPECT_EQ(logs_of(*given.result.run), logs_of(*read.result.run));
        EXPECT_EQ(given.due, read.due);
        EXPECT_EQ(given.owed_since, read.owed_since);
        EXPECT_EQ(given.attempts, 0U);
    }
}

TEST_F(store_record, keeps_a_result_without_a_look_and_its_reason) {
    auto result = sample_result({"T", "R"}, outcome::unwatchable);
    result.run.reset();
    result.reason = "HTTP 404: \"no such run\"";
    record({result});
    auto const owed = get(store_.due("ops", noon(), 1, {}));
    ASSERT_EQ(owed.size(), 1U);
    EXPECT_FALSE(owed[0].result.run);
    EXPECT_EQ(to_json(owed[0].result), to_json(result));
}

TEST_F(store_record, passes_over_what_is_known) {
    record({sample_result({"T", "R"})});
    EXPECT_EQ(record({sample_result({"t", "r"}), sample_result({"T", "S"})}, {"ops", "file"}), (texts{"file", "ops"}));
    EXPECT_EQ(due("ops", noon()), (texts{"R", "S"}));
    EXPECT_EQ(due("file", noon()), texts{"S"});
    EXPECT_EQ(record({sample_result({"T", "R"})}), texts{});
}

TEST_F(store_record, is_all_or_nothing) {
    get(store_.watch({sample_watch({"T", "R1"}), sample_watch({"T", "R2"})}));
    store::router const refuses = [](run_result const& result, watch_record const&) {
        if (result.key.run_id == "R2")
            throw std::runtime_error{"no way"};
        return texts{"ops"};
    };
    EXPECT_THROW(get(store_.record(found({sample_result({"T", "R1"}), sample_result({"T", "R2"})}), refuses)),
                 std::runtime_error);
    EXPECT_EQ(due("ops", noon()), texts{});
    EXPECT_EQ(get(store_.watched()).size(), 2U);
    EXPECT_EQ(record({sample_result({"T", "R1"}), sample_result({"T", "R2"})}), texts{"ops"});
    EXPECT_EQ(due("ops", noon()), (texts{"R1", "R2"}));
}

TEST_F(store_record, one_that_fails_leaves_those_beside_it) {
    store::router const refuses = [](run_result const&, watch_record const&) -> texts {
        throw std::runtime_error{"no way"};
    };
    support::held_call held;
    support::task held_up{io_, store_.record(found({sample_result({"T", "R0"})}), held.router({}))};
    support::task first{io_, store_.record(found({sample_result({"T", "R1"})}), to_sinks({"ops"}))};
    support::task second{io_, store_.record(found({sample_result({"T", "R2"})}), refuses)};
    support::task third{io_, store_.record(found({sample_result({"T", "R3"})}), to_sinks({"ops"}))};
    auto const before = store_.commits();
    io_.restart();
    io_.poll();
    held.let_go();
    held_up.get();
    EXPECT_EQ(sinks_of(first.get()), texts{"ops"});
    EXPECT_THROW(second.get(), std::runtime_error);
    EXPECT_EQ(sinks_of(third.get()), texts{"ops"});
    EXPECT_LE(store_.commits() - before, 2U) << "they were in one transaction";
    EXPECT_EQ(due("ops", noon()), (texts{"R1", "R3"}));
}

TEST_F(store_record, finds_the_newest_earlier_verdict_of_the_test) {
    record({sample_result({"T", "R1"}, outcome::failed), sample_result({"t", "R2"}, outcome::passed)});
    record({sample_result({"T", "R3"}, outcome::timed_out), sample_result({"other", "R4"}, outcome::error)});
    record({sample_result({"T", "R5"}, outcome::error)});
    auto const owed = get(store_.due("ops", noon(), 10, {}));
    ASSERT_EQ(owed.size(), 5U);
    EXPECT_FALSE(owed[0].result.previous);
    EXPECT_EQ(owed[1].result.previous->run_id, "R1");
    EXPECT_EQ(owed[1].result.previous->ended, outcome::failed);
    EXPECT_EQ(owed[2].result.previous->run_id, "R2");
    EXPECT_FALSE(owed[3].result.previous);
    EXPECT_EQ(owed[4].result.previous->run_id, "R2") << "a run that timed out has no verdict";
    EXPECT_EQ(owed[4].result.previous->ended, outcome::passed);
}

TEST_F(store_record, shows_the_router_the_result_with_its_previous_and_the_watch) {
    record({sample_result({"T", "R1"}, outcome::failed)});
    auto watch = sample_watch({"T", "R2"});
    watch.labels = {{"team", "voice"}, {"env", "watch"}};
    watch.sinks = {"file"};
    get(store_.watch({watch}));
    store::router const route = [](run_result const& result, watch_record const& known) {
        EXPECT_EQ(result.previous->run_id, "R1");
        EXPECT_EQ(result.labels, (std::map<std::string, std::string>{{"team", "voice"}, {"env", "result"}}));
        return known.sinks;
    };
    auto result = sample_result({"t", "r2"});
    result.labels = {{"env", "result"}};
    EXPECT_EQ(sinks_of(get(store_.record(found({result}), route))), texts{"file"});
}

TEST_F(store_record, cuts_logs_at_a_mebibyte) {
    auto result = sample_result({"T", "R"}, outcome::error);
    result.run = read_run(result.key, R"({"run_id":"R","status":"error","logs":")" + std::string(3'000'000, 'x') +
                                          R"(","price":1.10})");
    record({result});
    auto const owed = get(store_.due("ops", noon(), 1, {}));
    ASSERT_EQ(owed.size(), 1U);
    auto const& run = *owed[0].result.run;
    EXPECT_NEAR(static_cast<double>(logs_of(run).size()), 1024.0 * 1024.0, 100);
    EXPECT_NE(logs_of(run).find("[cut by runwatch: the first 1048576 of 3000002 bytes]"), std::string::npos);
    EXPECT_TRUE(run.raw.ends_with(R"(,"price":1.10})"));
    EXPECT_EQ(run.status, run_status::error);
}

TEST_F(store_record, owes_an_unknown_sink_as_an_orphan) {
    EXPECT_EQ(record({sample_result({"T", "R"})}, {"gone", "ops"}), texts{"ops"});
    EXPECT_EQ(listed(id_of("R", "gone")).state, delivery_state::orphaned);
}

} // namespace
} // namespace runwatch
