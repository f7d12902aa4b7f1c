#include "runwatch/telnyx.hpp"

#include "runwatch/run_json.hpp"
#include "support/telnyx_over_loopback.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

run_key const asked{"T1", "R1"};

constexpr auto passed_run = R"({"run_id":"R1","status":"passed"})";

/// An answer of this status with these lines in its header, each with its line end.
std::string answer(std::string const& status, std::string const& body, std::string const& lines = "") {
    return "HTTP/1.1 " + status + "\r\n" + lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The API's refusal of a key, which it quotes.
std::string refusal_of(std::string const& key) {
    return answer("401 Unauthorized", R"({"errors":[{"code":"10009","title":"No","detail":"Bearer )" + key + R"("}]})");
}

/// A source that takes its key from a file, against a scripted server.
class telnyx_source_test : public support::telnyx_over_loopback {
protected:
    result<test_run> look() { return run(net.io, source().fetch(asked)); }

    /// The failure of a look, without a key in it.
    failure failure_of_look() {
        auto const seen = look();
        EXPECT_FALSE(seen);
        auto failed = seen ? failure{} : seen.error();
        EXPECT_EQ(failed.message.find("KEY-"), std::string::npos) << failed.message;
        return failed;
    }

    void write_key(std::string const& text) const { std::ofstream{key_file.path()} << text; }

    std::string key_of_request(std::size_t number) const {
        return std::string{server.requests().at(number).header("Authorization")};
    }
};

TEST_F(telnyx_source_test, asks_for_the_run_with_the_key) {
    serve().receive().send(ok(passed_run)).hang();
    auto const seen = look();
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(seen->status, run_status::passed);
    EXPECT_EQ(server.requests().at(0).target, "/v2/ai/assistants/tests/T1/runs/R1");
    EXPECT_EQ(key_of_request(0), "Bearer KEY-1");
}

TEST_F(telnyx_source_test, needs_a_key_from_the_start) {
    write_key("two words");
    EXPECT_THROW(source(), config_error);
}

TEST_F(telnyx_source_test, sends_the_new_key_once_its_file_has_changed) {
    serve().receive().send(ok(passed_run)).receive().send(ok(passed_run)).hang();
    EXPECT_TRUE(look());
    write_key("KEY-number-2");
    EXPECT_TRUE(look());
    EXPECT_EQ(key_of_request(0), "Bearer KEY-1");
    EXPECT_EQ(key_of_request(1), "Bearer KEY-number-2");
}

TEST_F(telnyx_source_test, asks_once_more_with_a_key_that_has_changed_meanwhile) {
    serve()
        .receive()
        .then([this] { write_key("KEY-2"); })
        .send(refusal_of("KEY-1"))
        .receive()
        .send(ok(passed_run))
        .hang();
    EXPECT_TRUE(look());
    EXPECT_EQ(key_of_request(1), "Bearer KEY-2");
}

TEST_F(telnyx_source_test, asks_only_once_more) {
    serve()
        .receive()
        .then([this] { write_key("KEY-2"); })
        .send(refusal_of("KEY-1"))
        .receive()
        .then([this] { write_key("KEY-3"); })
        .send(refusal_of("KEY-2"))
        .hang();
    auto const failed = failure_of_look();
    EXPECT_EQ(failed.kind, failure_kind::refused);
    EXPECT_EQ(failed.message,
              "the API refused the key (HTTP 401, code 10009: No: Bearer ***): check that the API key is "
              "valid and whole");
}

TEST_F(telnyx_source_test, does_not_ask_again_with_the_same_key) {
    serve().receive().send(refusal_of("KEY-1")).hang();
    EXPECT_EQ(failure_of_look().kind, failure_kind::refused);
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(telnyx_source_test, does_not_ask_again_after_other_refusals) {
    serve()
        .receive()
        .then([this] { write_key("KEY-2"); })
        .send(answer("403 Forbidden", R"({"errors":[{"code":"10010"}]})"))
        .hang();
    EXPECT_EQ(failure_of_look().kind, failure_kind::refused);
}

TEST_F(telnyx_source_test, asks_again_for_each_request_that_was_refused_with_the_old_key) {
    gate both{net.io};
    for (int count = 0; count < 2; ++count)
        serve().receive().wait_at(both).send(refusal_of("KEY-1")).receive().send(ok(passed_run)).hang();
    task<result<test_run>> first{net.io, source().fetch(asked)};
    task<result<test_run>> second{net.io, source().fetch(asked)};
    run_until(net.io, [this] { return server.requests().size() == 2; });
    write_key("KEY-2");
    both.open();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
}

TEST_F(telnyx_source_test, says_what_is_wrong_with_the_file_of_a_refused_key) {
    serve()
        .receive()
        .send(ok(passed_run))
        .receive()
        .send(refusal_of("KEY-1"))
        .receive()
        .send(refusal_of("KEY-1"))
        .hang();
    source();
    write_key("KEY-2 and KEY-3");
    EXPECT_TRUE(look()) << "the old key goes on";
    EXPECT_EQ(key_of_request(0), "Bearer KEY-1");
    auto const refused = "the API refused the key (HTTP 401, code 10009: No: Bearer ***): check that the API key is "
                         "valid and whole; the old key is still in use, as the file " +
                         key_file.path();
    EXPECT_EQ(failure_of_look().message,
              refused + " holds no API key: a key is one word of printable ASCII characters");
    std::remove(key_file.path().c_str());
    EXPECT_EQ(failure_of_look().message, refused + " cannot be read: No such file or directory");
}

TEST_F(telnyx_source_test, tears_no_key_that_an_answer_quotes) {
    write_key(std::string(60, 'K'));
    auto& script = serve();
    for (int before = 0; before < 260; ++before)
        script.receive().send(
            answer("500 Oops", std::string(static_cast<std::size_t>(before), '.') + std::string(60, 'K')));
    script.hang();
    for (int before = 0; before < 260; ++before) {
        auto const message = failure_of_look().message;
        EXPECT_EQ(message.find('K'), std::string::npos) << message;
    }
}

TEST_F(telnyx_source_test, understands_an_answer_whose_logs_exceed_the_limit) {
    net.options.max_body_bytes = 2 * longest_stored_logs;
    std::string const head = R"({"run_id":"R1","price":1.10,"logs":")";
    std::string const tail =
        R"(","status":"failed","detail_status":[{"name":"Empathy","status":"failed"}],"z":{"logs":1}})";
    auto const logs = "it broke" + std::string(3 * longest_stored_logs, '.');
    serve()
        .receive()
        .send(ok(head + logs + tail))
        .receive()
        .send(ok(R"({"data": )" + head + logs + tail + "}"))
        .receive()
        .send(ok(head + tail))
        .hang();
    for (int count = 0; count < 2; ++count) {
        auto const seen = look();
        ASSERT_TRUE(seen) << seen.error().message;
        EXPECT_EQ(seen->status, run_status::failed);
        EXPECT_EQ(criteria_of(*seen).size(), 1U);
        EXPECT_TRUE(seen->raw.starts_with(head + "it broke...")) << seen->raw.substr(0, 100);
        EXPECT_TRUE(seen->raw.ends_with(tail));
        EXPECT_TRUE(logs_of(*seen).ends_with(" of " + std::to_string(logs.size() + 2) + " bytes]"));
        EXPECT_LT(seen->raw.size(), head.size() + longest_stored_logs + tail.size());
    }
    EXPECT_EQ(look()->raw, head + tail) << "below the limit not a byte is touched";
}

TEST_F(telnyx_source_test, refuses_an_answer_that_is_too_long_without_its_logs) {
    net.options.max_body_bytes = 10'000;
    serve().receive().send(ok(R"({"run_id":"R1","status":"passed","x":")" + std::string(10'000, 'x') + R"("})")).hang();
    auto const failed = failure_of_look();
    EXPECT_EQ(failed.kind, failure_kind::transient);
    EXPECT_NE(failed.message.find("is larger than 10000 bytes"), std::string::npos) << failed.message;
}

/// The line of a header that dates an answer; our own clock starts at 01:00:00.
std::string dated(std::string const& time_of_day) { return "Date: Fri, 02 Jan 2026 " + time_of_day + " GMT\r\n"; }

TEST_F(telnyx_source_test, takes_the_skew_of_the_apis_clock_out_of_the_times) {
    constexpr auto body = R"({"run_id":"R1","status":"passed","created_at":"2026-01-02T02:59:00.250Z",)"
                          R"("completed_at":"2026-01-02T02:59:30.125Z"})";
    serve()
        .receive()
        .send(answer("200 OK", body))
        .receive()
        .send(answer("200 OK", body, dated("03:00:00")))
        .receive()
        .send(answer("200 OK", R"({"run_id":"R1","status":"passed"})", dated("03:00:00")))
        .hang();
    auto const unknown = look();
    ASSERT_TRUE(unknown);
    EXPECT_EQ(format_timestamp(*unknown->created_at), "2026-01-02T02:59:00.250Z") << "nothing is known yet";
    auto const seen = look();
    ASSERT_TRUE(seen);
    EXPECT_EQ(source().clock_skew(), 2h + 500ms) << "in the middle of the second that a date stands for";
    EXPECT_EQ(format_timestamp(*seen->created_at), "2026-01-02T00:58:59.750Z");
    EXPECT_EQ(*seen->completed_at - *seen->created_at, 29'875ms);
    EXPECT_EQ(seen->raw, body);
    EXPECT_FALSE(look()->created_at);
}

TEST_F(telnyx_source_test, reads_a_date_to_retry_after_by_the_apis_clock) {
    serve()
        .receive()
        .send(answer("200 OK", passed_run, dated("03:00:00")))
        .receive()
        .send(answer("503 Down", "", "Retry-After: Fri, 02 Jan 2026 03:00:05 GMT\r\n"))
        .hang();
    EXPECT_TRUE(look());
    EXPECT_EQ(failure_of_look().retry_after, 4500ms);
}

TEST_F(telnyx_source_test, warns_of_a_large_skew_once_three_answers_agree) {
    auto& script = serve();
    for (auto const* time : {"01:05:00", "01:05:01", "01:05:02"})
        script.receive().send(answer("200 OK", passed_run, dated(time)));
    script.hang();
    EXPECT_EQ(source().clock_warning(), "");
    for (int count = 0; count < 3; ++count) {
        EXPECT_EQ(source().clock_warning(), "");
        EXPECT_TRUE(look());
        clock.advance(1s);
    }
    EXPECT_EQ(source().clock_warning(),
              "the API's clock is 5 m 1 s ahead of this machine's: check the time here (NTP)");
}

TEST_F(telnyx_source_test, reads_the_time_out_of_answers_about_the_run_alone) {
    serve()
        .receive()
        .send(answer("503 Down", "", dated("03:00:00")))
        .receive()
        .send(answer("200 OK", "<html>", dated("03:00:00")))
        .receive()
        .send(answer("200 OK", passed_run, dated("03:00:00") + "Age: 3600\r\n"))
        .hang();
    EXPECT_FALSE(look());
    EXPECT_FALSE(look());
    EXPECT_TRUE(look());
    EXPECT_EQ(source().clock_skew(), 0ms);
}

} // namespace
} // namespace runwatch
