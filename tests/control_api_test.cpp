#include "runwatch/control_api.hpp"

#include "support/manual_clock.hpp"
#include "support/store_in_memory.hpp"

#include "runwatch/json_text.hpp"

#include <algorithm>
#include <utility>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using support::noon;
using support::sample_result;
using support::sample_watch;
using support::texts;

class control_api_test : public support::store_in_memory {
protected:
    control_api_test() : clock_(io_), api_(clock_, store_, daemon(), rules()) {}

    /// What a request is answered, whole.
    http_response ask(std::string method, std::string target, std::string body = {}) {
        return get(api_.answer(request_for(std::move(method), std::move(target), std::move(body)))).response;
    }

    /// The body of an answer that is a success.
    std::string body_of(std::string method, std::string target, std::string body = {}) {
        auto const answer = ask(std::move(method), std::move(target), std::move(body));
        EXPECT_EQ(answer.status / 100, 2) << answer.body;
        EXPECT_TRUE(is_json(answer.body)) << answer.body;
        return answer.body.substr(0, answer.body.size() - 1);
    }

    /// The status and the text of an error.
    std::string error_of(std::string method, std::string target, std::string body = {}) {
        auto const answer = ask(std::move(method), std::move(target), std::move(body));
        EXPECT_TRUE(is_json(answer.body)) << answer.body;
        return std::to_string(answer.status) + ' ' + json_string(json_member(answer.body, "error"));
    }

    /// The text of a member of each object in a list that an answer has.
    texts each_of(std::string const& target, std::string_view list, std::string_view member) {
        auto const body = body_of("GET", target);
        next_ = json_string(json_member(body, "next"));
        texts found;
        for (json_walk walk{json_member(body, list)}; walk.next();)
            found.emplace_back(json_member(walk.value(), member));
        return found;
    }

    static incoming_request request_for(std::string method, std::string target, std::string body = {}) {
        incoming_request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        request.headers = {{"Host", "127.0.0.1:9464"}, {"Content-Type", "application/json"}};
        return request;
    }

    /// R1 and R2 of the test T, a second after one another, owed to ops.
    void record_two() {
        record({sample_result({"T", "R1"}, outcome::failed, 0), sample_result({"T", "R2"}, outcome::passed, 1)});
    }

    daemon_control daemon() {
        daemon_control control;
        control.status = [this] { return status_; };
        control.add = [this](std::vector<watch_record> wanted) { return store_.add_watches(std::move(wanted)); };
        control.take_back = [this](run_key key) { return store_.take_back(std::move(key), watch_origin::api); };
        control.polls = [this](run_key const&, timestamp) { return polls_; };
        control.reload = [this] { return store_.note_reload(problem_); };
        control.deliveries_changed = [this] { ++changes_; };
        control.quit = [this] { ++quits_; };
        status_.phase = daemon_phase::ready;
        status_.version = "1.2.3";
        return control;
    }

    static control_rules rules() {
        control_rules rules;
        rules.base_url = "https://api.example.com/v2";
        rules.sinks = {"ops", "file"};
        return rules;
    }

    support::manual_clock clock_;
    daemon_status status_;
    known_polls polls_;
    std::string problem_;
    int changes_ = 0;
    int quits_ = 0;
    std::string next_;
    control_api api_;
};

TEST_F(control_api_test, adds_shows_and_removes_watches) {
    auto const added = body_of("POST", "/v1/watches",
                               R"({"watches":[{"run":"T/R","labels":{"a":"1"},"sinks":["ops"]},{"run":"T/S"}]})");
    EXPECT_EQ(json_member(added, "already_reported"), "[]");
    auto const shown = body_of("GET", "/v1/watches/t/r");
    EXPECT_EQ(json_string(json_member(shown, "origin")), "api");
    EXPECT_EQ(json_string(json_member(shown, "run_id")), "R") << "as it was written";
    EXPECT_EQ(json_member(shown, "labels"), R"({"a":"1"})");
    EXPECT_EQ(each_of("/v1/watches", "watches", "run_id"), (texts{"\"R\"", "\"S\""}));
    EXPECT_EQ(each_of("/v1/watches?limit=1", "watches", "run_id"), texts{"\"R\""});
    EXPECT_EQ(next_, "t/r");
    EXPECT_EQ(each_of("/v1/watches?limit=1&cursor=t/r", "watches", "run_id"), texts{"\"S\""});
    EXPECT_EQ(next_, "");
    EXPECT_EQ(body_of("DELETE", "/v1/watches/T/R"), R"({"watch":null})");
    EXPECT_TRUE(error_of("GET", "/v1/watches/T/R").starts_with("404 the run T/R is not watched"));
    EXPECT_EQ(error_of("DELETE", "/v1/watches/T/R"), "404 the run T/R is not watched");
}

TEST_F(control_api_test, leaves_what_the_config_wants) {
    get(store_.watch({sample_watch({"T", "R"})}));
    EXPECT_EQ(error_of("DELETE", "/v1/watches/T/R"),
              "409 it is the config's watch: that wants the run T/R, not the API: take it out there and reload");
    body_of("POST", "/v1/watches", R"({"watches":[{"run":"T/R","labels":{"a":"api"}}]})");
    auto const body = body_of("DELETE", "/v1/watches/T/R");
    auto const left = json_member(body, "watch");
    EXPECT_EQ(json_string(json_member(left, "origin")), "config");
    EXPECT_EQ(json_member(left, "labels"), "{}");
}

TEST_F(control_api_test, tells_what_was_reported_before) {
    record_two();
    auto const added = body_of("POST", "/v1/watches", R"({"watches":[{"run":"T/R1"}]})");
    EXPECT_EQ(json_member(added, "watches"), "[]");
    EXPECT_EQ(json_member(added, "already_reported"),
              R"([{"test_id":"T","run_id":"R1","result_id":")" + result_id({"T", "R1"}, outcome::failed) + "\"}]");
}

TEST_F(control_api_test, begins_nothing_unless_the_daemon_is_ready) {
    for (auto const phase : {daemon_phase::starting, daemon_phase::draining}) {
        status_.phase = phase;
        EXPECT_EQ(ask("POST", "/v1/watches", R"({"watches":[{"run":"T/R"}]})").status, 503);
        EXPECT_EQ(ask("DELETE", "/v1/watches/T/R").status, 503);
        EXPECT_EQ(ask("POST", "/v1/reload").status, 503);
        EXPECT_EQ(ask("GET", "/readyz").status, 503);
        EXPECT_EQ(ask("GET", "/healthz").status, 200);
        EXPECT_EQ(ask("GET", "/v1/results").status, 200);
    }
    EXPECT_EQ(error_of("GET", "/readyz"), "503 runwatch is about to end: try again once it runs anew");
    status_.phase = daemon_phase::ready;
    EXPECT_EQ(body_of("GET", "/readyz"), R"({"status":"ready"})");
}

TEST_F(control_api_test, lists_results_in_pages_the_newest_first) {
    record_two();
    EXPECT_EQ(each_of("/v1/results", "results", "type"), (texts{"\"run.passed\"", "\"run.failed\""}));
    EXPECT_EQ(next_, "");
    EXPECT_EQ(each_of("/v1/results?limit=1", "results", "type"), texts{"\"run.passed\""});
    EXPECT_EQ(each_of("/v1/results?limit=1&cursor=" + next_, "results", "type"), texts{"\"run.failed\""});
    EXPECT_EQ(next_, "");
    EXPECT_EQ(each_of("/v1/results?type=run.failed", "results", "type"), texts{"\"run.failed\""});
    EXPECT_EQ(each_of("/v1/results?test_id=other", "results", "type"), texts{});
    EXPECT_EQ(each_of("/v1/results?since=2026-11-23T12:00:01Z", "results", "type"), texts{"\"run.passed\""});
}

TEST_F(control_api_test, ends_a_page_of_results_before_it_is_too_long) {
    std::vector<run_result> large;
    for (int index = 0; index != 6; ++index) {
        large.push_back(sample_result({"T", "R" + std::to_string(index)}, outcome::failed, index));
        large.back().run->raw = R"({"test_id":"T","logs":")" + std::string(1'000'000, 'x') + "\"}";
    }
    record(std::move(large));
    EXPECT_EQ(each_of("/v1/results", "results", "id").size(), 6) << "most of the logs is left out";
    EXPECT_EQ(next_, "");
    EXPECT_EQ(each_of("/v1/results?logs=full", "results", "id").size(), 4);
    EXPECT_EQ(each_of("/v1/results?logs=full&cursor=" + next_, "results", "id").size(), 2);
    EXPECT_EQ(next_, "");
    EXPECT_EQ(each_of("/v1/results?logs=omit&limit=5", "results", "id").size(), 5);
    EXPECT_LT(body_of("GET", "/v1/results?logs=omit").size(), 5'000);
}

TEST_F(control_api_test, shows_one_result_as_sinks_get_it) {
    record_two();
    auto const id = result_id({"T", "R1"}, outcome::failed);
    auto const found = get(store_.find_result(id));
    EXPECT_EQ(body_of("GET", "/v1/results/" + id), to_json(*found));
    EXPECT_TRUE(error_of("GET", "/v1/results/none").starts_with("404 there is no result with the id \"none\""));
    EXPECT_EQ(ask("GET", "/v1/results/" + id + "?limit=1").status, 400);
}

TEST_F(control_api_test, lists_retries_and_drops_deliveries) {
    record_two();
    settle(id_of("R1"), delivery_state::dead, noon(), {}, "HTTP 404");
    auto const dead = std::to_string(id_of("R1"));
    auto const pending = std::to_string(id_of("R2"));
    EXPECT_EQ(each_of("/v1/deliveries", "deliveries", "id"), (texts{dead, pending}));
    EXPECT_EQ(each_of("/v1/deliveries?state=dead", "deliveries", "error"), texts{"\"HTTP 404\""});
    EXPECT_EQ(each_of("/v1/deliveries?sink=file", "deliveries", "id"), texts{});
    EXPECT_EQ(each_of("/v1/deliveries?limit=1", "deliveries", "id"), texts{dead});
    EXPECT_EQ(each_of("/v1/deliveries?limit=1&cursor=" + next_, "deliveries", "id"), texts{pending});
    EXPECT_EQ(next_, "");
    EXPECT_EQ(body_of("POST", "/v1/deliveries/retry", R"({"sink":"ops"})"), R"({"retried":2})");
    EXPECT_EQ(body_of("POST", "/v1/deliveries/drop", R"({"ids":[)" + dead + "]}"), R"({"dropped":1})");
    EXPECT_EQ(changes_, 2) << "whoever delivers is told";
    EXPECT_EQ(each_of("/v1/deliveries", "deliveries", "id"), texts{pending});
    EXPECT_EQ(each_of("/v1/deliveries?id=" + dead, "deliveries", "state"), texts{"\"dropped\""});
    EXPECT_EQ(error_of("POST", "/v1/deliveries/retry", R"({"ids":[99]})"),
              "404 there is no delivery with the id 99: nothing was done");
    EXPECT_EQ(error_of("POST", "/v1/deliveries/drop", R"({"sink":"opps"})"),
              "404 there is no sink \"opps\"; did you mean \"ops\"? Nothing was done");
    EXPECT_EQ(changes_, 2);
}

TEST_F(control_api_test, shows_the_history_of_a_run) {
    EXPECT_EQ(error_of("GET", "/v1/runs/T/R1"),
              "404 nothing is known of the run T/R1: it was never watched with this state");
    record_two();
    polls_.since = noon(-10);
    polls_.pauses.push_back({pause_kind::used_up, noon(-5), noon(-1), "before"});
    polls_.pauses.push_back({pause_kind::used_up, noon(5), noon(9), "after"});
    auto const body = body_of("GET", "/v1/runs/t/r1");
    EXPECT_NE(json_member(body, "result"), "null");
    EXPECT_EQ(json_string(json_member(body, "polls_kept_since")), "2026-11-23T11:59:50.000Z");
    EXPECT_NE(body.find("before"), std::string::npos);
    EXPECT_EQ(body.find("after"), std::string::npos) << "it had ended by then";
}

TEST_F(control_api_test, reloads_and_says_what_came_of_it) {
    EXPECT_EQ(body_of("POST", "/v1/reload"), R"({"generation":1})");
    problem_ = "a.yaml:1:1: x: wrong\na.yaml:2:1: y: wrong, too";
    auto const answer = ask("POST", "/v1/reload");
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(json_string(json_member(answer.body, "error")),
              "the new config is refused, the one in force goes on: a.yaml:1:1: x: wrong, and 1 more");
    EXPECT_EQ(json_member(answer.body, "problems"), R"(["a.yaml:1:1: x: wrong","a.yaml:2:1: y: wrong, too"])");
}

TEST_F(control_api_test, shows_how_the_daemon_stands) {
    record_two();
    settle(id_of("R1"), delivery_state::dead, noon());
    get(store_.stop_sink("file", "gone"));
    status_.watching = 7;
    status_.pause = poll_pause{pause_kind::refused, noon(), std::nullopt, "HTTP 401"};
    follow_status fresh;
    fresh.name = R"(suite "nightly")";
    fresh.since = fresh.next_look = noon();
    follow_status gone;
    gone.name = "test T";
    gone.since = noon() - 1h;
    gone.last_look = noon() - 1min;
    gone.next_look = noon() + 1min;
    gone.is_gone = true;
    gone.runs_found = 3;
    gone.trouble = "HTTP 404";
    status_.following = {fresh, gone};
    auto const body = body_of("GET", "/v1/status");
    EXPECT_EQ(json_member(body, "version"), "\"1.2.3\"");
    EXPECT_EQ(json_member(body, "phase"), "\"ready\"");
    EXPECT_EQ(json_member(body, "watching"), "7");
    EXPECT_EQ(json_member(body, "polling"),
              R"({"paused":"refused","since":"2026-11-23T12:00:00.000Z","reason":"HTTP 401"})");
    EXPECT_EQ(json_member(body, "following"),
              R"([{"name":"suite \"nightly\"","since":"2026-11-23T12:00:00.000Z","last_look":null,)"
              R"("next_look":"2026-11-23T12:00:00.000Z","gone":false,"runs_found":0,"error":null},)"
              R"({"name":"test T","since":"2026-11-23T11:00:00.000Z","last_look":"2026-11-23T11:59:00.000Z",)"
              R"("next_look":"2026-11-23T12:01:00.000Z","gone":true,"runs_found":3,"error":"HTTP 404"}])");
    EXPECT_EQ(json_member(body, "sinks"),
              R"([{"name":"file","type":"file","in_config":true,"stopped":"gone","pending":0,"dead":0,"orphaned":0},)"
              R"({"name":"ops","type":"webhook","in_config":true,"stopped":null,"pending":1,"dead":1,"orphaned":0}])");
    EXPECT_EQ(json_member(body, "reload"), R"({"generation":0,"problem":null})");
}

TEST_F(control_api_test, quits_only_if_the_config_allows_it) {
    EXPECT_EQ(ask("POST", "/quit").status, 403);
    EXPECT_EQ(quits_, 0);
    auto allowed = rules();
    allowed.quit = true;
    api_.adopt(control_api::prepare(allowed));
    EXPECT_EQ(ask("GET", "/quit").status, 405);
    EXPECT_EQ(ask("HEAD", "/quit").status, 405);
    EXPECT_EQ(ask("POST", "/quit").status, 202);
    EXPECT_EQ(quits_, 1);
}

TEST_F(control_api_test, asks_for_the_token_everywhere_but_where_nothing_is_told) {
    auto guarded = rules();
    guarded.token = secret_source{secret_source::origin::inline_text, "swordfish"};
    api_.adopt(control_api::prepare(guarded));
    for (auto const& [method, target] : {std::pair{"GET", "/v1/status"},
                                         {"HEAD", "/v1/status"},
                                         {"GET", "/v1/watches"},
                                         {"POST", "/v1/watches"},
                                         {"GET", "/v1/events"},
                                         {"POST", "/quit"},
                                         {"GET", "/nothing"},
                                         {"POST", "/healthz/x"}})
        EXPECT_EQ(ask(method, target).status, 401) << target;
    EXPECT_EQ(ask("GET", "/healthz").status, 200);
    EXPECT_EQ(ask("GET", "/readyz").status, 200);
    EXPECT_EQ(ask("HEAD", "/readyz").status, 200);
    auto request = request_for("GET", "/v1/status");
    request.headers.emplace_back("Authorization", "Bearer swordfish");
    EXPECT_EQ(get(api_.answer(request)).response.status, 200);
    request.headers.back().value = "Bearer Swordfish";
    EXPECT_EQ(get(api_.answer(request)).response.status, 401);
    EXPECT_THROW(
        {
            auto missing = rules();
            missing.token = secret_source(secret_source::origin::file, "/does/not/exist");
            control_api::prepare(missing);
        },
        config_error);
}

TEST_F(control_api_test, answers_what_makes_no_sense_with_what_to_do) {
    EXPECT_EQ(
        error_of("GET", "/v1/result"),
        "404 there is nothing at /v1/result: docs/control-api.openapi.yaml says what there is, such as /v1/status");
    auto const answer = ask("PATCH", "/v1/watches");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD, POST");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
}

/// A client of GET /v1/events that takes what comes as long as it is open.
class listener {
public:
    listener(boost::asio::io_context& io, body_stream const& stream)
        : task_(io, stream([this](std::string piece) { return take(std::move(piece)); })) {}

    /// What came since the last call.
    std::string heard() { return std::exchange(text_, {}); }

    void leave() { is_there_ = false; }

    support::task<void>& task() { return task_; }

private:
    boost::asio::awaitable<bool> take(std::string piece) {
        text_ += piece;
        co_return is_there_;
    }

    std::string text_;
    bool is_there_ = true;
    support::task<void> task_;
};

class control_events : public control_api_test {
protected:
    body_stream stream_of(std::string const& target, std::string last_event_id = {}) {
        auto request = request_for("GET", target);
        if (!last_event_id.empty())
            request.headers.emplace_back("Last-Event-ID", std::move(last_event_id));
        auto answer = get(api_.answer(request));
        EXPECT_EQ(answer.response.status, 200) << answer.response.body;
        EXPECT_EQ(answer.response.header("Content-Type"), "text/event-stream");
        return std::move(answer.stream);
    }

    /// Records one result of the test T, and has the streams told.
    void record_one(std::string run_id, outcome ended = outcome::failed) {
        record({sample_result({"T", std::move(run_id)}, ended)});
        api_.recorded();
    }

    /// Runs the loop until a listener has heard a text, and returns all that it heard.
    std::string hear(listener& by, std::string const& text) {
        std::string heard;
        support::run_until(io_, [&] {
            heard += by.heard();
            return heard.find(text) != std::string::npos;
        });
        return heard;
    }

    static void end(listener& by) {
        by.task().cancel();
        EXPECT_TRUE(support::ends_cancelled(by.task()));
    }
};

TEST_F(control_events, tell_what_comes_from_now_on) {
    record_one("R1");
    listener client{io_, stream_of("/v1/events")};
    EXPECT_EQ(hear(client, "id: 1\n"), ": results as they come\n\nid: 1\n\n");
    record_one("R2");
    auto const heard = hear(client, "\n\n");
    EXPECT_TRUE(heard.starts_with("id: 2\nevent: result\ndata: {\"id\":\"")) << heard;
    EXPECT_EQ(std::ranges::count(heard, '\n'), 4) << heard;
    end(client);
}

TEST_F(control_events, tell_everything_since_the_last_id) {
    for (auto const* const run : {"R1", "R2", "R3"})
        record_one(run);
    listener client{io_, stream_of("/v1/events", "1")};
    auto const heard = hear(client, "id: 3\n");
    EXPECT_EQ(heard.find("reset"), std::string::npos);
    EXPECT_NE(heard.find("id: 2\nevent"), std::string::npos);
    EXPECT_EQ(heard.find("id: 1\nevent"), std::string::npos);
    end(client);
    listener all{io_, stream_of("/v1/events?last_event_id=0&type=run.failed")};
    EXPECT_NE(hear(all, "id: 3\n").find("id: 1\nevent"), std::string::npos);
    end(all);
}

TEST_F(control_events, are_many_for_who_was_away_for_long) {
    std::vector<run_result> many;
    for (int index = 0; index != 1'000; ++index)
        many.push_back(sample_result({"T", "R" + std::to_string(index)}, outcome::failed));
    record(std::move(many));
    listener client{io_, stream_of("/v1/events", "0")};
    auto const heard = hear(client, "id: 1000\n");
    for (int id = 1; id != 1'000; ++id)
        EXPECT_NE(heard.find("\nid: " + std::to_string(id) + "\nevent"), std::string::npos) << id;
    end(client);
}

TEST_F(control_events, are_filtered) {
    listener client{io_, stream_of("/v1/events?type=run.passed&test_id=t")};
    hear(client, "id: 0\n");
    record_one("R1", outcome::failed);
    record({sample_result({"U", "R2"}, outcome::passed)});
    record_one("R3", outcome::passed);
    auto const heard = hear(client, "\n\n");
    EXPECT_TRUE(heard.starts_with("id: 3\nevent: result\n")) << heard;
    end(client);
}

TEST_F(control_events, begin_with_a_reset_where_the_id_is_of_another_state) {
    record_one("R1");
    listener client{io_, stream_of("/v1/events", "500")};
    auto heard = hear(client, "id: 1\n\n");
    EXPECT_NE(heard.find("event: reset\ndata: {\"reason\":\"this daemon's state has not come to the id 500 yet"),
              std::string::npos)
        << heard;
    record_one("R2");
    EXPECT_TRUE(hear(client, "id: 2\n").starts_with("id: 2\nevent: result"));
    end(client);
}

TEST_F(control_events, begin_with_a_reset_where_some_have_been_removed) {
    record_one("R1");
    settle(id_of("R1"), delivery_state::delivered, noon());
    get(store_.prune(noon() + 24h * 31));
    record_one("R2");
    listener behind{io_, stream_of("/v1/events", "0")};
    auto const heard = hear(behind, "event: result");
    EXPECT_NE(heard.find("event: reset"), std::string::npos) << heard;
    EXPECT_NE(heard.find("id: 2\nevent: result"), std::string::npos) << heard;
    end(behind);
    listener level{io_, stream_of("/v1/events", "1")};
    EXPECT_EQ(hear(level, "event: result").find("reset"), std::string::npos);
    end(level);
}

TEST_F(control_events, are_replaced_by_a_comment_when_nothing_comes) {
    listener client{io_, stream_of("/v1/events?type=run.passed")};
    hear(client, "id: 0\n\n");
    clock_.advance(14s);
    EXPECT_EQ(client.heard(), "");
    clock_.advance(1s);
    EXPECT_EQ(hear(client, "\n\n"), ":\n\n");
    record_one("R1", outcome::failed);
    clock_.advance(15s);
    EXPECT_EQ(hear(client, "\n\n"), ":\nid: 1\n\n") << "what the filter leaves out is not looked through twice";
    end(client);
}

TEST_F(control_events, end_with_a_client_that_is_gone) {
    listener client{io_, stream_of("/v1/events")};
    hear(client, "id: 0\n\n");
    client.leave();
    record_one("R1");
    client.task().get();
}

TEST_F(control_events, refuse_an_id_that_is_none) {
    auto request = request_for("GET", "/v1/events");
    request.headers.emplace_back("Last-Event-ID", "abc");
    EXPECT_EQ(get(api_.answer(request)).response.status, 400);
}

} // namespace
} // namespace runwatch
