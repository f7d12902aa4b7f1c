// The pure parts of a poll and of a delivery, by Google Benchmark.
#include "runwatch/durations.hpp"
#include "runwatch/run_result.hpp"
#include "runwatch/schedule.hpp"
#include "runwatch/watch.hpp"
#include "sinks/webhook_signature.hpp"
#include "telnyx/answer.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

using namespace runwatch;

namespace {

/// An answer as long as they are while a run goes on, with what an API and the gateways before it write in front.
http_response sample_answer() {
    http_response answer;
    answer.status = 200;
    answer.headers = {
        {"Server", "cloudflare"},     {"Date", "Mon, 23 Nov 2026 10:15:34 GMT"}, {"Content-Type", "application/json"},
        {"Connection", "keep-alive"}, {"x-ratelimit-limit", "100000"},           {"x-ratelimit-remaining", "99999"},
        {"x-ratelimit-reset", "1"}};
    std::string logs;
    for (int line = 0; line < 32; ++line)
        logs += "[10:15:05] call connected\\n";
    answer.body =
        R"({"run_id": "84cc1d9e-5f21-4ae8-8b9c-2f6d8f2d5f3b", "test_id": "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e", )"
        R"("status": "running", "triggered_by": "cron", "created_at": "2026-11-23T10:15:04.120394+00:00", )"
        R"("updated_at": "2026-11-23T10:15:31.402113+00:00", "completed_at": null, "conversation_id": )"
        R"("3f5e3c8c-64ff-4d43-9f07-bbd64c1cf7a1", "conversation_insights_id": null, "test_suite_run_id": )"
        R"("c9a7d0f4-64a2-4f0a-b6d1-60a4f1a0bb0c", "logs": ")" +
        logs +
        R"(", "detail_status": [{"name": "Greets the caller", "status": "pending"}, {"name": "Confirms the )"
        R"(appointment", "status": "pending"}, {"name": "Says goodbye", "status": "pending"}]})";
    return answer;
}

run_key const key{"182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e", "84cc1d9e-5f21-4ae8-8b9c-2f6d8f2d5f3b"};
timestamp const noon{std::chrono::hours{12}};

void decode_an_answer(benchmark::State& state) {
    auto const answer = sample_answer();
    for (auto _ : state)
        benchmark::DoNotOptimize(telnyx::read_answer(answer, key, noon));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(answer.body.size()));
}

BENCHMARK(decode_an_answer);

void advance_a_run(benchmark::State& state) {
    auto const seen = telnyx::read_answer(sample_answer(), key, noon);
    instant const since{};
    watched_run const run{key, since, noon};
    check_plan const plan;
    for (auto _ : state)
        benchmark::DoNotOptimize(advance(run, seen, since + std::chrono::seconds{90}, watch_policy{}, plan));
}

BENCHMARK(advance_a_run);

/// The durations of as many past runs as are kept.
std::vector<observed_duration> sample_history() {
    std::vector<observed_duration> history;
    for (std::size_t run = 0; run < durations_worth_keeping; ++run)
        history.push_back({duration{60'000 + 1'500 * static_cast<long>(run * 37 % 64)}, true});
    return history;
}

void fit_the_durations_of_a_test(benchmark::State& state) {
    auto const history = sample_history();
    auto const prior = default_prior();
    for (auto _ : state)
        benchmark::DoNotOptimize(fit_durations(history, prior));
}

BENCHMARK(fit_the_durations_of_a_test);

void plan_the_looks_at_a_test(benchmark::State& state) {
    auto const fit = fit_durations(sample_history(), default_prior());
    for (auto _ : state)
        benchmark::DoNotOptimize(plan_checks(fit, schedule_policy{}));
}

BENCHMARK(plan_the_looks_at_a_test);

void find_the_next_look(benchmark::State& state) {
    auto const plan = plan_checks(fit_durations(sample_history(), default_prior()), schedule_policy{});
    for (auto _ : state)
        benchmark::DoNotOptimize(plan.next(std::chrono::seconds{90}));
}

BENCHMARK(find_the_next_look);

run_result sample_result() {
    run_result ended;
    ended.ended = outcome::passed;
    ended.key = key;
    ended.run = telnyx::read_answer(sample_answer(), key, noon).value();
    ended.first_seen_at = noon;
    ended.detected_at = noon + std::chrono::seconds{90};
    ended.polls = 9;
    ended.labels = {{"team", "voice"}, {"env", "staging"}};
    return ended;
}

void write_a_result(benchmark::State& state) {
    auto const ended = sample_result();
    for (auto _ : state)
        benchmark::DoNotOptimize(to_json(ended));
}

BENCHMARK(write_a_result);

void sign_a_message(benchmark::State& state) {
    std::vector<secret> const keys{*signing_key(secret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})};
    auto const body = to_json(sample_result());
    for (auto _ : state)
        benchmark::DoNotOptimize(webhook_signature(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", {}, body));
}

BENCHMARK(sign_a_message);

} // namespace

BENCHMARK_MAIN();
