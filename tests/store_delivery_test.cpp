#include "support/store_in_memory.hpp"

#include <chrono>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using support::noon;
using support::sample_result;
using support::texts;

class store_delivery : public support::store_in_memory {
protected:
    std::optional<timestamp> next_due(std::string const& sink = "ops", std::vector<std::int64_t> except = {}) {
        return get(store_.next_due(sink, std::move(except)));
    }

    /// Three runs that are owed to ops, detected a second after one another.
    void record_three() {
        record({sample_result({"T", "R1"}, outcome::failed, 0), sample_result({"T", "R2"}, outcome::failed, 1),
                sample_result({"T", "R3"}, outcome::failed, 2)});
    }

    static delivery_filter filter(std::string sink, std::optional<delivery_state> state = std::nullopt,
                                  std::vector<std::int64_t> ids = {}) {
        delivery_filter made;
        made.sink = std::move(sink);
        if (state)
            made.states = {*state};
        made.ids = std::move(ids);
        return made;
    }
};

TEST_F(store_delivery, is_due_once_its_time_has_come) {
    record_three();
    EXPECT_EQ(due("ops", noon(-1)), texts{});
    EXPECT_EQ(due("ops", noon(1)), (texts{"R1", "R2"}));
    EXPECT_EQ(due("ops", noon(9)), (texts{"R1", "R2", "R3"}));
    EXPECT_EQ(due("file", noon(9)), texts{});
    EXPECT_EQ(due("unknown", noon(9)), texts{});
}

TEST_F(store_delivery, comes_by_its_due_time_then_its_detection_within_limit_and_except) {
    record_three();
    settle(id_of("R1"), delivery_state::pending, noon(3), noon(60), "HTTP 503");
    EXPECT_EQ(due("ops", noon(59), 1), texts{"R2"});
    EXPECT_EQ(due("ops", noon(60)), (texts{"R2", "R3", "R1"})) << "what failed stands behind";
    EXPECT_EQ(due("ops", noon(60), 2, {id_of("R1"), id_of("R3")}), texts{"R2"});
    EXPECT_EQ(due("ops", noon(60), 0), texts{});
}

TEST_F(store_delivery, next_due_is_the_earliest_that_is_not_excepted) {
    EXPECT_EQ(next_due(), std::nullopt);
    record_three();
    settle(id_of("R1"), delivery_state::pending, noon(3), noon(60), "HTTP 503");
    EXPECT_EQ(next_due(), noon(1));
    EXPECT_EQ(next_due("ops", {id_of("R2"), id_of("R3")}), noon(60));
    EXPECT_EQ(next_due("ops", {id_of("R1"), id_of("R2"), id_of("R3")}), std::nullopt);
    EXPECT_EQ(next_due("file"), std::nullopt);
}

TEST_F(store_delivery, counts_its_attempts_and_keeps_the_last_error) {
    record_three();
    auto const id = id_of("R1");
    settle(id, delivery_state::pending, noon(3), noon(8), "HTTP 503");
    settle(id, delivery_state::pending, noon(8), noon(60), "timed out");
    auto const waiting = listed(id);
    EXPECT_EQ(waiting.state, delivery_state::pending);
    EXPECT_EQ(waiting.attempts, 2U);
    EXPECT_EQ(waiting.error, "timed out");
    EXPECT_EQ(waiting.due, noon(60));
    EXPECT_EQ(waiting.owed_since, noon());
    EXPECT_EQ(waiting.key.ref(), "T/R1");
    EXPECT_EQ(waiting.result_id, result_id({"T", "R1"}, outcome::failed));
    EXPECT_EQ(waiting.result_type, "run.failed");
    auto const owed = get(store_.due("ops", noon(60), 1, {id_of("R2"), id_of("R3")}));
    EXPECT_EQ(owed.at(0).attempts, 2U);
    EXPECT_EQ(owed.at(0).due, noon(60));
    settle(id, delivery_state::delivered, noon(61));
    EXPECT_EQ(listed(id).state, delivery_state::delivered);
    EXPECT_EQ(listed(id).attempts, 3U);
    EXPECT_EQ(listed(id).error, "");
    EXPECT_EQ(due("ops", noon(99)), (texts{"R2", "R3"}));
}

TEST_F(store_delivery, a_dead_one_is_kept_until_it_is_sent_again) {
    record_three();
    settle(id_of("R1"), delivery_state::dead, noon(3), {}, "HTTP 400");
    settle(id_of("R2"), delivery_state::dead, noon(3), {}, "HTTP 400");
    EXPECT_EQ(due("ops", noon(99)), texts{"R3"});
    EXPECT_EQ(listed(id_of("R1")).error, "HTTP 400");
    EXPECT_EQ(get(store_.retry(filter("file"), noon(100))), 0U);
    EXPECT_EQ(get(store_.retry(filter("", std::nullopt, {id_of("R2")}), noon(100))), 1U);
    EXPECT_EQ(due("ops", noon(100)), (texts{"R3", "R2"}));
    EXPECT_EQ(listed(id_of("R2")).attempts, 0U);
    EXPECT_EQ(listed(id_of("R2")).due, noon(100));
    EXPECT_EQ(get(store_.retry(filter("ops", delivery_state::dead), noon(100))), 1U);
    EXPECT_EQ(due("ops", noon(100)), (texts{"R3", "R1", "R2"}));
}

TEST_F(store_delivery, a_pending_one_can_be_made_due_at_once) {
    record_three();
    settle(id_of("R1"), delivery_state::pending, noon(3), noon(1'000), "HTTP 503");
    EXPECT_EQ(get(store_.retry(filter("ops"), noon(100))), 3U);
    EXPECT_EQ(due("ops", noon(100)).size(), 3U);
    EXPECT_EQ(listed(id_of("R1")).due, noon(100));
    EXPECT_EQ(listed(id_of("R1")).attempts, 1U);
    EXPECT_LT(listed(id_of("R2")).due, noon(100)) << "what was due before stays so";
}

TEST_F(store_delivery, dropped_it_has_ended) {
    record_three();
    settle(id_of("R1"), delivery_state::dead, noon(3), {}, "HTTP 400");
    settle(id_of("R3"), delivery_state::delivered, noon(3));
    EXPECT_EQ(get(store_.drop(filter("ops", delivery_state::dead))), 1U);
    EXPECT_EQ(get(store_.drop(filter("file"))), 0U);
    EXPECT_EQ(get(store_.drop(filter("ops"))), 1U);
    EXPECT_EQ(listed(id_of("R1")).state, delivery_state::dropped);
    EXPECT_EQ(listed(id_of("R3")).state, delivery_state::delivered);
    EXPECT_EQ(get(store_.retry({}, noon(100))), 0U);
    EXPECT_EQ(get(store_.owed("ops")), texts{});
    record_three();
    EXPECT_EQ(due("ops", noon(99)), texts{}) << "nor does it come back";
}

TEST_F(store_delivery, stays_ended_when_an_attempt_that_was_under_way_fails) {
    record_three();
    auto const first = id_of("R1");
    get(store_.drop({}));
    settle(first, delivery_state::pending, noon(3), noon(8), "HTTP 503");
    settle(id_of("R2"), delivery_state::dead, noon(3), {}, "HTTP 400");
    settle(id_of("R3"), delivery_state::delivered, noon(3));
    EXPECT_EQ(listed(first).state, delivery_state::dropped);
    EXPECT_EQ(listed(id_of("R2")).state, delivery_state::dropped);
    EXPECT_EQ(listed(id_of("R3")).state, delivery_state::delivered) << "the sink has it: that is the truth";
    settle(4711, delivery_state::delivered, noon(3));
}

TEST_F(store_delivery, is_listed_by_sink_state_and_id) {
    record_three();
    record({sample_result({"T", "R4"})}, {"file"});
    settle(id_of("R2"), delivery_state::dead, noon(3), {}, "HTTP 400");
    EXPECT_EQ(get(store_.deliveries({})).size(), 4U);
    EXPECT_EQ(get(store_.deliveries(filter("ops"))).size(), 3U);
    EXPECT_EQ(get(store_.deliveries(filter("ops", delivery_state::dead))).size(), 1U);
    EXPECT_EQ(get(store_.deliveries(filter("", delivery_state::pending))).size(), 3U);
    EXPECT_EQ(get(store_.deliveries(filter("ops", std::nullopt, {id_of("R4", "file"), id_of("R1")}))).size(), 1U);
}

TEST_F(store_delivery, is_counted_until_it_is_settled) {
    record_three();
    record({sample_result({"T", "R4"}), sample_result({"T", "R5"})}, {"file"});
    settle(id_of("R1"), delivery_state::delivered, noon(3));
    settle(id_of("R2"), delivery_state::dead, noon(3), {}, "HTTP 400");
    get(store_.set_sinks({{"ops", "webhook"}}, noon(4)));
    std::vector<std::string> counted;
    for (auto const& each : get(store_.count_unsettled()))
        counted.push_back(each.sink +
                          (each.state == delivery_state::dead      ? " dead "
                           : each.state == delivery_state::pending ? " pending "
                                                                   : " orphaned ") +
                          std::to_string(each.count));
    EXPECT_EQ(counted, (texts{"file orphaned 2", "ops dead 1", "ops pending 1"}));
}

TEST_F(store_delivery, owed_are_the_result_ids_of_what_is_pending) {
    record_three();
    settle(id_of("R1"), delivery_state::delivered, noon(3));
    EXPECT_EQ(get(store_.owed("ops")),
              (texts{result_id({"T", "R2"}, outcome::failed), result_id({"T", "R3"}, outcome::failed)}));
    EXPECT_EQ(get(store_.owed("file")), texts{});
}

TEST_F(store_delivery, is_delivered_where_the_sink_was_found_to_have_it) {
    record_three();
    record({sample_result({"T", "R4"}, outcome::failed, 3)}, {"ops", "file"});
    auto const id = [](char const* run) { return result_id({"T", run}, outcome::failed); };
    get(store_.mark_delivered("ops", {id("R1"), id("R4"), "nonsense"}, noon(5)));
    EXPECT_EQ(due("ops", noon(9)), (texts{"R2", "R3"}));
    EXPECT_EQ(due("file", noon(9)), texts{"R4"});
    EXPECT_EQ(listed(id_of("R4")).state, delivery_state::delivered);
}

TEST_F(store_delivery, is_due_at_once_when_the_sink_works_again) {
    record_three();
    settle(id_of("R1"), delivery_state::pending, noon(3), noon(3600), "HTTP 503");
    settle(id_of("R2"), delivery_state::dead, noon(3), {}, "HTTP 400");
    get(store_.hurry("ops", noon(60)));
    EXPECT_EQ(due("ops", noon(60)), (texts{"R3", "R1"}));
    EXPECT_EQ(listed(id_of("R1")).due, noon(60));
}

TEST_F(store_delivery, of_a_stopped_sink_is_never_due) {
    record_three();
    settle(id_of("R1"), delivery_state::pending, noon(3), noon(3600), "HTTP 410");
    get(store_.stop_sink("ops", "HTTP 410 Gone"));
    EXPECT_EQ(get(store_.stopped_sinks()), (std::map<std::string, std::string>{{"ops", "HTTP 410 Gone"}}));
    EXPECT_EQ(record({sample_result({"T", "R4"})}), texts{"ops"}) << "owed all the same";
    EXPECT_EQ(due("ops", noon(9999)), texts{});
    EXPECT_EQ(next_due(), std::nullopt);
    EXPECT_EQ(get(store_.owed("ops")).size(), 4U);
    get(store_.set_sinks({{"ops", "webhook"}}, noon(10)));
    EXPECT_EQ(get(store_.stopped_sinks()).size(), 1U) << "a reload lifts no stop";
    get(store_.enable_sink("ops", noon(20)));
    EXPECT_EQ(get(store_.stopped_sinks()).size(), 0U);
    EXPECT_EQ(due("ops", noon(20)), (texts{"R4", "R2", "R3", "R1"}));
}

TEST_F(store_delivery, is_orphaned_until_its_sink_returns) {
    record_three();
    settle(id_of("R1"), delivery_state::pending, noon(3), noon(3600), "HTTP 503");
    settle(id_of("R2"), delivery_state::dead, noon(3), {}, "HTTP 400");
    get(store_.set_sinks({{"file", "file"}}, noon(10)));
    EXPECT_EQ(listed(id_of("R1")).state, delivery_state::orphaned);
    EXPECT_EQ(listed(id_of("R2")).state, delivery_state::dead);
    EXPECT_EQ(due("ops", noon(9999)), texts{});
    EXPECT_EQ(get(store_.owed("ops")), texts{});
    EXPECT_EQ(get(store_.retry({}, noon(11))), 0U) << "nothing can be sent to a sink that is not there";

    get(store_.set_sinks({{"ops", "exec"}}, noon(20)));
    EXPECT_EQ(due("ops", noon(9999)), texts{}) << "another type is another sink";
    record({sample_result({"T", "R4"})});
    EXPECT_EQ(due("ops", noon(9999)), texts{"R4"});

    get(store_.set_sinks({{"ops", "webhook"}, {"file", "file"}}, noon(30)));
    EXPECT_EQ(due("ops", noon(30)), (texts{"R1", "R3"}));
    EXPECT_EQ(listed(id_of("R1")).due, noon(30));
    EXPECT_EQ(listed(id_of("R4")).state, delivery_state::orphaned);
    EXPECT_EQ(get(store_.drop(filter("ops", delivery_state::orphaned))), 1U);
}

TEST_F(store_delivery, an_orphan_may_still_be_taken_by_the_attempt_that_was_under_way) {
    record_three();
    get(store_.set_sinks({}, noon(10)));
    settle(id_of("R1"), delivery_state::delivered, noon(11));
    settle(id_of("R2"), delivery_state::pending, noon(11), noon(60), "HTTP 503");
    settle(id_of("R3"), delivery_state::dead, noon(11), {}, "HTTP 400");
    EXPECT_EQ(listed(id_of("R1")).state, delivery_state::delivered);
    EXPECT_EQ(listed(id_of("R2")).state, delivery_state::orphaned);
    EXPECT_EQ(listed(id_of("R3")).state, delivery_state::dead);
}

TEST_F(store_delivery, a_new_sink_gets_no_history) {
    record_three();
    get(store_.set_sinks({{"ops", "webhook"}, {"new", "file"}}, noon(10)));
    EXPECT_EQ(due("new", noon(99)), texts{});
    record({sample_result({"T", "R4"})}, {"new"});
    EXPECT_EQ(due("new", noon(99)), texts{"R4"});
}

TEST_F(store_delivery, the_first_is_found_among_many) {
    std::vector<run_result> many;
    many.reserve(3'000);
    for (int index = 0; index < 3'000; ++index)
        many.push_back(sample_result({"T", "R" + std::to_string(index)}));
    record(std::move(many));
    EXPECT_EQ(due("ops", noon(), 3), (texts{"R0", "R1", "R2"}));
    settle(id_of("R0"), delivery_state::pending, noon(), noon(60), "HTTP 503");
    EXPECT_EQ(due("ops", noon(), 2), (texts{"R1", "R2"}));
    EXPECT_EQ(due("ops", noon(60), 1, {id_of("R1")}), texts{"R2"});
}

} // namespace
} // namespace runwatch
