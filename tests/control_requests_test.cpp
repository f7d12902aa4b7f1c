#include "control/answers.hpp"
#include "control/requests.hpp"
#include "control/routes.hpp"

#include "support/store_samples.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>

namespace runwatch::control {
namespace {

using support::noon;
using texts = std::vector<std::string>;

constexpr auto base_url = "https://api.example.com/v2";

/// What a refusal says, with its status in front; empty if there is none.
std::string refusal_of(std::function<void()> const& read) {
    try {
        read();
        return {};
    } catch (refusal const& why) {
        return std::to_string(why.status) + ' ' + why.what();
    }
}

std::string watches_refusal(std::string_view body) {
    return refusal_of([body] { read_new_watches(body, base_url, {"ops", "pager"}); });
}

std::string choice_refusal(std::string_view body) {
    return refusal_of([body] { read_delivery_choice(body); });
}

TEST(control_query, is_decoded) {
    EXPECT_EQ(decode("a%2Fb%20c+d"), "a/b c+d");
    for (auto const* const wrong : {"%", "%2", "%zz", "a%4", "%%41"})
        EXPECT_NE(refusal_of([wrong] { decode(wrong); }), "") << wrong;
}

TEST(control_query, names_what_is_wrong_with_it) {
    auto const results = [](std::string_view text) { return refusal_of([text] { read_results_request(text); }); };
    EXPECT_EQ(results(""), "");
    EXPECT_EQ(results("&&limit=5&"), "");
    EXPECT_EQ(results("tpye=run.passed"), "400 there is no parameter \"tpye\" here; did you mean \"type\"?");
    EXPECT_EQ(results("sink=ops&x"), "400 there is no parameter \"sink\" here");
    EXPECT_EQ(results("limit="), "400 limit: is empty: give it a value or leave it out");
    EXPECT_EQ(results("limit"), "400 limit: is empty: give it a value or leave it out");
    EXPECT_EQ(results("limit=0"), "400 limit: \"0\" is no whole number from 1 to 1000");
    EXPECT_EQ(results("limit=1001"), "400 limit: \"1001\" is no whole number from 1 to 1000");
    EXPECT_EQ(results("limit=5x"), "400 limit: \"5x\" is no whole number from 1 to 1000");
    EXPECT_EQ(results("limit=1&limit=2"), "400 limit: is there twice; several values are separated by commas");
    EXPECT_EQ(results("cursor=-1"), "400 cursor: \"-1\" is no whole number from 0 on");
    EXPECT_EQ(results("cursor=99999999999999999999"),
              "400 cursor: \"99999999999999999999\" is no whole number from 0 on");
    EXPECT_EQ(results("type=passed"), "400 type: \"passed\" is none of run.passed, run.failed, run.error, "
                                      "run.timed_out and run.unwatchable");
    EXPECT_EQ(results("type=run.passed,"), "400 type: a value is empty: write values separated by commas");
    EXPECT_EQ(results("since=yesterday"), "400 since: \"yesterday\" is no time such as 2026-11-23T10:15:04Z");
    EXPECT_EQ(results("logs=some"), "400 logs: \"some\" is none of omit, truncate and full");
    EXPECT_EQ(results("%1b=x"), "400 there is no parameter \"?\" here");
}

TEST(control_query, says_which_results) {
    auto const wanted =
        read_results_request("type=run.failed,run.timed_out&test_id=a%20b&since=2026-11-23T13:00:00%2B01:00"
                             "&until=2026-11-23T12:00:05Z&limit=7&cursor=42&logs=omit");
    EXPECT_EQ(wanted.query.ended, (std::vector{outcome::failed, outcome::timed_out}));
    EXPECT_EQ(wanted.query.test_id, "a b");
    EXPECT_EQ(wanted.query.since, noon());
    EXPECT_EQ(wanted.query.until, noon(5));
    EXPECT_EQ(wanted.query.limit, 7);
    EXPECT_EQ(wanted.query.behind, 42);
    EXPECT_EQ(wanted.logs, log_limit::omit);
    EXPECT_FALSE(wanted.query.ascending);
    auto const any = read_results_request("");
    EXPECT_EQ(any.query.limit, 100);
    EXPECT_EQ(any.query.behind, std::nullopt);
    EXPECT_EQ(any.logs, log_limit::truncate);
    EXPECT_EQ(read_results_request("since=2026-11-23T13:00:00+01:00").query.since, noon()) << "a plus is a plus";
}

TEST(control_query, says_which_deliveries) {
    auto const open = read_deliveries_request("");
    EXPECT_EQ(open.filter.states,
              (std::vector{delivery_state::pending, delivery_state::dead, delivery_state::orphaned}));
    auto const some = read_deliveries_request("sink=ops&state=delivered,dropped&limit=3&cursor=9");
    EXPECT_EQ(some.filter.sink, "ops");
    EXPECT_EQ(some.filter.states, (std::vector{delivery_state::delivered, delivery_state::dropped}));
    EXPECT_EQ(some.behind, 9);
    EXPECT_EQ(some.limit, 3);
    EXPECT_EQ(read_deliveries_request("id=3,4").filter.ids, (std::vector<std::int64_t>{3, 4}));
    EXPECT_EQ(read_deliveries_request("id=3,4").filter.states.size(), 0) << "whatever state they are in";
    EXPECT_EQ(refusal_of([] { read_deliveries_request("id=0"); }), "400 id: \"0\" is no whole number from 1 on");
    EXPECT_EQ(refusal_of([] { read_deliveries_request("state=lost"); }),
              "400 state: \"lost\" is none of pending, dead, orphaned, delivered and dropped");
}

TEST(control_query, says_from_where_on_events_are_told) {
    EXPECT_EQ(read_events_request("", "").query.behind, std::nullopt);
    EXPECT_EQ(read_events_request("", "17").query.behind, 17);
    EXPECT_EQ(read_events_request("last_event_id=5", "").query.behind, 5);
    EXPECT_EQ(read_events_request("last_event_id=5", "17").query.behind, 17);
    EXPECT_TRUE(read_events_request("", "").query.ascending);
    EXPECT_EQ(refusal_of([] { read_events_request("", "abc"); }),
              "400 Last-Event-ID: \"abc\" is no whole number from 0 on");
    EXPECT_NE(refusal_of([] { read_events_request("limit=5", ""); }), "");
}

TEST(control_query, says_which_watches) {
    auto const wanted = read_watches_request("test_id=T&cursor=t%2Fr&limit=2");
    EXPECT_EQ(wanted.test_id, "T");
    EXPECT_EQ(wanted.behind, "t/r");
    EXPECT_EQ(wanted.limit, 2);
}

TEST(control_body, says_which_runs_to_watch) {
    auto const watches =
        read_new_watches(R"({"watches":[{"run":"T/R","labels":{"a":"1","b":""},"sinks":["ops","ops"]},)"
                         R"({"run":"https://api.example.com/v2/ai/assistants/tests/T/runs/R2"}]})",
                         base_url, {"ops", "pager"});
    ASSERT_EQ(watches.size(), 2);
    EXPECT_EQ(watches[0].key.ref(), "T/R");
    EXPECT_EQ(watches[0].labels, (std::map<std::string, std::string>{{"a", "1"}, {"b", ""}}));
    EXPECT_EQ(watches[0].sinks, texts{"ops"});
    EXPECT_EQ(watches[0].origin, watch_origin::api);
    EXPECT_EQ(watches[1].key.ref(), "T/R2");
    EXPECT_EQ(watches[1].sinks, texts{});
}

TEST(control_body, names_what_is_wrong_with_the_runs) {
    EXPECT_EQ(watches_refusal(""), "400 the body is empty: send a JSON object");
    EXPECT_EQ(watches_refusal("{"), "400 the body is not valid JSON");
    EXPECT_EQ(watches_refusal("[]"), "400 the body: expected an object");
    auto const missing = R"(400 watches: is missing or empty: write {"watches": [{"run": "TEST_ID/RUN_ID"}]})";
    EXPECT_EQ(watches_refusal("{}"), missing);
    EXPECT_EQ(watches_refusal(R"({"watches":[]})"), missing);
    EXPECT_EQ(watches_refusal(R"({"watches":{}})"), "400 watches: expected a list");
    EXPECT_EQ(watches_refusal(R"({"watch":[]})"), "400 watch: there is no such member here; did you mean \"watches\"?");
    EXPECT_EQ(watches_refusal(R"({"watches":["T/R"]})"), "400 watches[0]: expected an object");
    EXPECT_EQ(watches_refusal(R"({"watches":[{}]})"), "400 watches[0].run: is missing: write TEST_ID/RUN_ID");
    EXPECT_EQ(watches_refusal(R"({"watches":[{"run":1}]})"), "400 watches[0].run: expected a text");
    EXPECT_EQ(watches_refusal(R"({"watches":[{"run":"T/R"},{"run":"T"}]})"),
              "400 watches[1].run: \"T\" does not name a run: write TEST_ID/RUN_ID, or the run's URL");
    EXPECT_NE(watches_refusal(R"({"watches":[{"run":"https://evil.example/ai/assistants/tests/T/runs/R"}]})"), "")
        << "no other API";
    EXPECT_EQ(watches_refusal(R"({"watches":[{"run":"T/R","sinks":["opps"]}]})"),
              "400 watches[0].sinks[0]: no sink of the config is named \"opps\"; did you mean \"ops\"?");
    EXPECT_EQ(watches_refusal(R"({"watches":[{"run":"T/R","sinks":[{"name":"x","type":"exec"}]}]})"),
              "400 watches[0].sinks[0]: expected a text");
    EXPECT_EQ(watches_refusal(R"({"watches":[{"run":"T/R","url":"https://evil.example"}]})"),
              "400 watches[0].url: there is no such member here");
    EXPECT_EQ(watches_refusal(R"({"watches":[{"run":"T/R","labels":["a"]}]})"),
              "400 watches[0].labels: expected an object of names and texts");
    EXPECT_EQ(watches_refusal(R"({"watches":[{"run":"T/R","labels":{"a":1}}]})"),
              "400 watches[0].labels.a: expected a text");
    EXPECT_NE(watches_refusal(R"({"watches":[{"run":"T/R","labels":{"":"x"}}]})"), "");
    EXPECT_NE(watches_refusal(R"({"watches":[{"run":"T/R","labels":{"a":"line\nend"}}]})"), "");
    auto const longest = [](std::size_t size) {
        return R"({"watches":[{"run":"T/R","labels":{"a":")" + std::string(size, 'x') + R"("}}]})";
    };
    EXPECT_EQ(watches_refusal(longest(1'024)), "");
    EXPECT_NE(watches_refusal(longest(1'025)), "");
    std::string many;
    for (int index = 0; index != 1'001; ++index)
        many.append(many.empty() ? "" : ",").append(R"({"run":"T/R"})");
    EXPECT_EQ(watches_refusal(R"({"watches":[)" + many + "]}"),
              "400 watches: a list of 1001 is too long: 1000 at most; send several requests");
}

TEST(control_body, chooses_deliveries) {
    auto const some = read_delivery_choice(R"({"ids":[1,22],"sink":"ops","states":["dead","orphaned"]})");
    EXPECT_EQ(some.ids, (std::vector<std::int64_t>{1, 22}));
    EXPECT_EQ(some.sink, "ops");
    EXPECT_EQ(some.states, (std::vector{delivery_state::dead, delivery_state::orphaned}));
    EXPECT_EQ(choice_refusal(R"({"all":true})"), "");
    auto const none = R"(400 say which deliveries: {"ids": [1, 2]}, {"sink": "NAME"} or {"all": true})";
    EXPECT_EQ(choice_refusal("{}"), none) << "nobody shall act on everything by an oversight";
    EXPECT_EQ(choice_refusal(R"({"all":false})"), none);
    EXPECT_EQ(choice_refusal(R"({"states":["dead"]})"), none);
    EXPECT_EQ(choice_refusal(R"({"all":1})"), "400 all: expected true or false");
    EXPECT_EQ(choice_refusal(R"({"ids":[]})"), "400 ids: is empty: name deliveries, or leave it out");
    for (auto const* const id : {"0", "-1", "1.5", "\"1\"", "null", "99999999999999999999"})
        EXPECT_EQ(choice_refusal(std::string{R"({"ids":[)"} + id + "]}"),
                  "400 ids[0]: expected the id of a delivery, a whole number from 1 on")
            << id;
    EXPECT_EQ(choice_refusal(R"({"sink":""})"), "400 sink: is empty: name a sink, or leave it out");
    EXPECT_EQ(choice_refusal(R"({"all":true,"states":["delivered"]})"),
              "400 states[0]: \"delivered\" is none of pending, dead and orphaned");
}

TEST(control_path, names_a_run) {
    EXPECT_EQ(read_run("T", "R").ref(), "T/R");
    EXPECT_NE(refusal_of([] { read_run("T", "R/x"); }), "");
    EXPECT_NE(refusal_of([] { read_run("T", ".."); }), "");
    EXPECT_NE(refusal_of([] { read_run("https:", "/x"); }), "");
}

TEST(control_path, leads_to_an_endpoint) {
    constexpr std::array routes{route{"GET", "/v1/a"}, route{"POST", "/v1/a"}, route{"GET", "/v1/a/{x}/{y}"},
                                route{"DELETE", "/v1/a/{x}/{y}"}};
    auto const where = [&](std::string_view method, std::string_view path) {
        return refusal_of([&] { find_route(routes, method, path); });
    };
    EXPECT_EQ(find_route(routes, "POST", "/v1/a").index, 1);
    auto const found = find_route(routes, "DELETE", "/v1/a/T%2F1/%7B");
    EXPECT_EQ(found.index, 3);
    EXPECT_EQ(found.parts, (texts{"T/1", "{"}));
    EXPECT_EQ(find_route(routes, "HEAD", "/v1/a").index, 0);
    EXPECT_EQ(where("PUT", "/v1/a"), "405 PUT makes no sense here: use GET, HEAD, POST");
    try {
        find_route(routes, "PUT", "/v1/a/b/c");
        FAIL();
    } catch (refusal const& why) {
        EXPECT_EQ(error_answer(why.status, why.what(), why.headers).header("Allow"), "GET, HEAD, DELETE");
    }
    for (auto const* const path : {"/", "", "/v1", "/v1/a/", "/v1/a//", "/v1/a/b", "/v1/a/b/", "/v1/a//c", "//v1/a",
                                   "/V1/a", "/v1/%61", "/v1/a/b/c/d"})
        EXPECT_TRUE(where("GET", path).starts_with("404 ")) << path;
    EXPECT_TRUE(where("GET", "/v1/a/%/c").starts_with("400 "));
}

} // namespace
} // namespace runwatch::control
