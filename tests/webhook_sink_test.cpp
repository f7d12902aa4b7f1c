#include "sinks/webhook_sink.hpp"

#include "runwatch/json_text.hpp"
#include "sinks/webhook_signature.hpp"
#include "support/loopback.hpp"
#include "support/sample_results.hpp"
#include "support/sample_secrets.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

secret_source written(std::string_view text) { return {secret_source::origin::inline_text, std::string{text}}; }

/// A webhook's sink and a server for it.
class webhook_sink_test : public ::testing::Test {
protected:
    webhook_sink_test() {
        settings.name = "ops";
        settings.http.ca_file = net.options.ca_file;
        settings.http.timeout = 5s;
    }

    ~webhook_sink_test() override { made.reset(); }

    webhook_sink& sink() {
        if (!made)
            made.emplace(net.io.get_executor(), settings, clock);
        return *made;
    }

    /// A server that answers every request over one connection, with TLS or without.
    scripted_server& serve(std::vector<std::string> const& answers, std::string const& path = "/hook") {
        auto& server = net.serve();
        auto& script = server.on_connection();
        for (auto const& each : answers)
            script.receive().send(each);
        script.hang();
        settings.url = server.url("http") + path;
        return server;
    }

    std::string deliver(run_result const& given = failed_result()) {
        return text_of(run(net.io, sink().deliver(given)));
    }

    static std::string text_of(result<void> const& done) {
        return done ? "ok" : std::string{to_string(done.error().kind)} + ": " + done.error().message;
    }

    static std::string status(std::string const& line, std::string const& body = "") {
        return "HTTP/1.1 " + line + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    std::string message_of_construction() {
        try {
            webhook_sink const refused{net.io.get_executor(), settings, clock};
        } catch (config_error const& error) {
            return error.what();
        }
        return "no error";
    }

    loopback net;
    system_clock clock{net.io.get_executor()};
    webhook_settings settings;
    std::optional<webhook_sink> made;
};

TEST_F(webhook_sink_test, posts_the_results_json) {
    auto& server = serve({ok(""), status("204 No Content")}, "/hook?a=b");
    settings.headers.emplace_back("X-Team", "voice");
    settings.headers.emplace_back("Content-Type", "text/plain");
    EXPECT_EQ(deliver(), "ok");
    EXPECT_EQ(deliver(result_of(outcome::timed_out)), "ok");
    auto const& seen = server.requests().at(0);
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.target, "/hook?a=b");
    EXPECT_EQ(seen.body, to_json(failed_result()));
    EXPECT_EQ(seen.header("Content-Type"), "application/json") << "ours wins";
    EXPECT_EQ(seen.header("X-Team"), "voice");
    EXPECT_EQ(seen.header("webhook-id"), result_id({"T1", "R1"}, outcome::failed));
    EXPECT_EQ(seen.header("webhook-signature"), "") << "nobody asked for one";
    EXPECT_EQ(server.requests().at(1).body, to_json(result_of(outcome::timed_out)));
    EXPECT_EQ(sink().concurrency(), 4U);
}

TEST_F(webhook_sink_test, posts_over_tls) {
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"localhost"})).receive().send(ok("")).hang();
    settings.url = server.url("https") + "/hook";
    EXPECT_EQ(deliver(), "ok");
}

TEST_F(webhook_sink_test, signs_with_every_secret) {
    auto& server = serve({ok("")});
    settings.secrets = {written(signing_secret), written(second_signing_secret)};
    EXPECT_EQ(deliver(), "ok");
    auto const& seen = server.requests().at(0);
    auto const at =
        std::chrono::sys_seconds{std::chrono::seconds{std::stoll(std::string{seen.header("webhook-timestamp")})}};
    EXPECT_LT(std::chrono::abs(clock.utc() - at), 60s);
    std::vector<secret> const keys{*signing_key(secret{std::string{signing_secret}}),
                                   *signing_key(secret{std::string{second_signing_secret}})};
    EXPECT_EQ(seen.header("webhook-signature"), webhook_signature(keys, seen.header("webhook-id"), at, seen.body));
}

TEST_F(webhook_sink_test, cuts_logs_unless_it_is_asked_not_to) {
    auto long_run = failed_result();
    long_run.run->raw = R"({"run_id":"R1","logs":")" + std::string(10'000, 'x') + R"(","n":1.10})";
    auto& server = serve({ok("")});
    EXPECT_EQ(deliver(long_run), "ok");
    EXPECT_EQ(server.requests().at(0).body, to_json(with_limited_logs(long_run, log_limit::truncate)));
    made.reset();
    settings.logs = log_limit::full;
    auto& other = serve({ok("")});
    EXPECT_EQ(deliver(long_run), "ok");
    EXPECT_EQ(other.requests().at(0).body, to_json(long_run));
}

TEST_F(webhook_sink_test, sends_a_cloud_event) {
    auto& server = serve({ok("")});
    settings.format = webhook_format::cloudevents;
    settings.logs = log_limit::full;
    auto given = failed_result();
    given.key.test_id = "T 1/é";
    EXPECT_EQ(deliver(given), "ok");
    auto const& seen = server.requests().at(0);
    EXPECT_EQ(seen.header("Content-Type"), "application/cloudevents+json");
    EXPECT_EQ(json_member(seen.body, "specversion"), R"("1.0")");
    EXPECT_EQ(json_member(seen.body, "id"), json_quote(result_id(given.key, given.ended)));
    EXPECT_EQ(json_member(seen.body, "source"), R"("/ai/assistants/tests/T%201%2F%C3%A9")");
    EXPECT_EQ(json_member(seen.body, "type"), R"("run.failed")");
    EXPECT_EQ(json_member(seen.body, "subject"), R"("R1")");
    EXPECT_EQ(json_member(seen.body, "time"), R"("2026-11-23T12:00:01.500Z")");
    EXPECT_EQ(json_member(seen.body, "datacontenttype"), R"("application/json")");
    EXPECT_EQ(json_member(seen.body, "data"), json_member(to_json(given), "data"));
    EXPECT_NO_THROW(boost::json::parse(seen.body));
}

TEST_F(webhook_sink_test, tells_chats_what_they_understand) {
    for (auto const& [format, member] :
         {std::pair{webhook_format::slack, "text"}, std::pair{webhook_format::discord, "content"},
          std::pair{webhook_format::teams, "attachments"}}) {
        made.reset();
        settings.format = format;
        auto& server = serve({ok("ok")});
        EXPECT_EQ(deliver(), "ok");
        EXPECT_NE(json_member(server.requests().at(0).body, member), "");
        EXPECT_EQ(server.requests().at(0).header("webhook-id"), "");
    }
}

TEST_F(webhook_sink_test, names_itself_the_url_and_what_was_answered) {
    serve({status("503 Busy", "try later"), status("400 Bad", "no"), status("410 Gone"),
           "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"},
          "/hook?token=" + std::string{query_secret});
    auto const shown = settings.url.substr(0, settings.url.find('?'));
    EXPECT_EQ(deliver(), "transient: sink ops: " + shown + " answered HTTP 503: try later");
    EXPECT_EQ(deliver(), "permanent: sink ops: " + shown + " answered HTTP 400: no");
    EXPECT_EQ(deliver(), "gone: sink ops: " + shown + " answered HTTP 410");
    auto const throttled = run(net.io, sink().deliver(failed_result()));
    EXPECT_EQ(text_of(throttled), "throttled: sink ops: " + shown + " answered HTTP 429");
    EXPECT_EQ(throttled.error().retry_after, 7s);
}

TEST_F(webhook_sink_test, never_follows_a_redirect) {
    auto& server = serve({"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"});
    EXPECT_EQ(deliver(),
              "permanent: sink ops: " + settings.url +
                  " answered HTTP 307, a redirect, which is never followed: set the URL to where the webhook "
                  "is now");
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(webhook_sink_test, judges_an_answer_without_end_by_its_status) {
    auto& server = net.serve();
    server.on_connection().receive().send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n").hang();
    server.on_connection().receive().send("HTTP/1.1 503 Busy\r\nContent-Length: 99999999\r\n\r\n").hang();
    settings.url = server.url("http") + "/hook";
    EXPECT_EQ(deliver(), "ok");
    EXPECT_EQ(deliver(), "transient: sink ops: " + settings.url + " answered HTTP 503");
}

TEST_F(webhook_sink_test, fails_as_transient_when_nobody_answers) {
    auto& silent = net.serve();
    silent.on_connection().receive().hang();
    silent.on_connection().receive().close();
    settings.url = silent.url("http") + "/hook";
    settings.http.timeout = 50ms;
    auto const peer = "localhost:" + std::to_string(silent.port());
    EXPECT_EQ(deliver(), "transient: sink ops: " + settings.url + ": no answer from " + peer + " within 50 ms");
    made.reset();
    settings.http.timeout = 5s;
    EXPECT_EQ(deliver(),
              "transient: sink ops: " + settings.url + ": " + peer + " closed the connection without an answer");
    settings.url = "http://localhost:1/hook";
    made.reset();
    EXPECT_TRUE(deliver().starts_with("transient: sink ops: http://localhost:1/hook: cannot connect to localhost:1"));
}

TEST_F(webhook_sink_test, fails_as_transient_when_it_does_not_trust_the_certificate) {
    auto& server = net.serve();
    server.on_connection().start_tls(self_signed(certificate_request{{"localhost"}}));
    settings.url = server.url("https") + "/hook";
    EXPECT_TRUE(deliver().starts_with("transient: sink ops: " + settings.url + ": ")) << deliver();
}

TEST_F(webhook_sink_test, shows_no_secret_whatever_the_answer_quotes) {
    settings.secrets = {written(signing_secret), written(second_signing_secret)};
    settings.headers.emplace_back("Authorization", std::string{header_secret});
    auto const path = "/services/" + std::string{path_secret} + "?token=" + std::string{query_secret};
    for (std::string_view const quoted :
         {signing_secret, second_signing_secret, header_secret, path_secret, query_secret,
          std::string_view{"header-token-5566"}, std::string_view{"path-token-7788"},
          std::string_view{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}})
        for (std::size_t const padding : {0U, 190U}) {
            made.reset();
            settings.format = webhook_format::standard;
            serve({status("500 Oops", std::string(padding, '-') + std::string{quoted} + " is what you sent")}, path);
            if (quoted.find("path-token") == std::string_view::npos) {
                auto const shown = deliver();
                EXPECT_NE(shown.find("HTTP 500: "), std::string::npos);
                EXPECT_EQ(shown.find("?token"), std::string::npos);
                for (auto const secret : {"MfKQ9r8G", "c2Vjb25k", "header-token", "query-token"})
                    EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
            } else {
                settings.format = webhook_format::slack;
                auto const shown = deliver();
                EXPECT_TRUE(shown.starts_with("transient: sink ops: http://localhost:")) << shown;
                EXPECT_NE(shown.find("/... answered HTTP 500: "), std::string::npos) << shown;
                expect_no_secret(shown);
            }
        }
}

TEST_F(webhook_sink_test, shows_no_secret_when_nobody_answers) {
    settings.format = webhook_format::teams;
    settings.headers.emplace_back("Authorization", std::string{header_secret} + "\r\nsmuggled: yes");
    settings.url = "http://localhost:1/" + std::string{path_secret} + "?sig=" + std::string{query_secret};
    auto const refused = deliver();
    EXPECT_TRUE(refused.starts_with("transient: sink ops: http://localhost:1/...: refused to send to ")) << refused;
    expect_no_secret(refused);
    made.reset();
    settings.headers.clear();
    auto const unreachable = deliver();
    EXPECT_TRUE(unreachable.starts_with("transient: sink ops: http://localhost:1/...: cannot connect")) << unreachable;
    expect_no_secret(unreachable);
}

TEST_F(webhook_sink_test, reads_a_secret_again_when_its_file_changes) {
    auto& server = serve({ok(""), ok("")});
    temporary_directory directory;
    auto const path = directory.file("secret");
    write_file(path, std::string{signing_secret} + '\n');
    settings.secrets = {secret_source{secret_source::origin::file, path}};
    EXPECT_EQ(deliver(), "ok");
    write_file(path, "nonsense\n");
    EXPECT_EQ(deliver(), "transient: sink ops: " + settings.url + ": the file " + path +
                             " holds no webhook secret: write whsec_ and base64 of 24 to 64 random bytes");
    std::filesystem::remove(path);
    EXPECT_TRUE(
        deliver().starts_with("transient: sink ops: " + settings.url + ": the file " + path + " cannot be read"));
    write_file(path, std::string{second_signing_secret});
    EXPECT_EQ(deliver(), "ok");
    ASSERT_EQ(server.requests().size(), 2U);
    EXPECT_NE(server.requests().at(0).header("webhook-signature"), server.requests().at(1).header("webhook-signature"));
}

TEST_F(webhook_sink_test, refuses_settings_that_cannot_work) {
    settings.url = "http://hooks.example.com/" + std::string{path_secret};
    EXPECT_EQ(message_of_construction(),
              "the URL of the sink ops cannot be used: it has no TLS: use https://, or allow it with allow_http");
    settings.http.allow_http = true;
    EXPECT_EQ(message_of_construction(), "no error");
    settings.url = "https://user:" + std::string{path_secret} + "@hooks.example.com";
    EXPECT_FALSE(message_of_construction().empty());
    expect_no_secret(message_of_construction());
    settings.url = "https://hooks.example.com";
    settings.secrets = {written("hunter2")};
    EXPECT_EQ(message_of_construction(),
              "the text in the config file holds no webhook secret: write whsec_ and base64 of "
              "24 to 64 random bytes");
}

TEST_F(webhook_sink_test, delivers_several_at_once) {
    auto& server = net.serve();
    gate answers(net.io);
    for (int count = 0; count < 4; ++count)
        server.on_connection().receive().wait_at(answers).send(ok("")).hang();
    settings.url = server.url("http") + "/hook";
    std::vector<task<result<void>>> deliveries;
    for (int count = 0; count < 4; ++count)
        deliveries.emplace_back(net.io, sink().deliver(failed_result("R" + std::to_string(count))));
    run_until(net.io, [&] { return server.requests().size() == 4; });
    answers.open();
    for (auto& each : deliveries)
        EXPECT_EQ(text_of(each.get()), "ok");
}

TEST_F(webhook_sink_test, ends_when_it_is_cancelled) {
    auto& server = net.serve();
    server.on_connection().receive().hang();
    settings.url = server.url("http") + "/hook";
    task<result<void>> delivery{net.io, sink().deliver(failed_result())};
    run_until(net.io, [&] { return server.requests().size() == 1; });
    delivery.cancel();
    EXPECT_TRUE(ends_cancelled(delivery));
}

TEST_F(webhook_sink_test, is_reached_without_a_message) {
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"localhost"})).hang();
    settings.url = server.url("https") + "/hook?token=" + std::string{query_secret};
    EXPECT_EQ(*run(net.io, sink().reach()), server.url("https"));
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(webhook_sink_test, says_without_a_secret_why_it_cannot_be_reached) {
    auto& server = net.serve();
    server.on_connection().start_tls(net.identify({"other.test"}));
    settings.url = server.url("https") + "/hook?token=" + std::string{query_secret};
    auto const reached = run(net.io, sink().reach());
    ASSERT_FALSE(reached);
    EXPECT_TRUE(reached.error().message.starts_with("sink ops: " + server.url("https") + "/hook: the certificate of "))
        << reached.error().message;
    expect_no_secret(reached.error().message);
}

} // namespace
} // namespace runwatch
