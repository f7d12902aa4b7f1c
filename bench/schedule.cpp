// What the learned schedule costs, beside the best fixed interval, in a simulation of its pure parts: `bench_schedule
// SEED`. Prints a line of JSON for each distribution of performance.md, with default options and a history of 64 runs.
#include "support/schedule_trial.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace runwatch;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t tests = 40;
constexpr std::size_t runs_each = 500;

/// Prints what runs cost of whose looks so many were had for nothing.
void print(char const* name, duration_generator const& generate, std::uint64_t seed, schedule_policy const& policy = {},
           double free_looks = 0) {
    auto const found = try_learned(generate, policy, durations_worth_keeping, tests, runs_each, seed);
    std::printf("{\"distribution\": \"%s\", \"requests\": %.3f, \"fixed\": %.3f, \"delay_ms\": %.1f}\n", name,
                found.requests - free_looks, found.requests_at_fixed_interval, found.mean_delay_ms);
}

} // namespace

int main(int count, char** arguments) {
    auto const seed = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 1;
    print("log-normal(90 s, σ 0.3)", log_normal_durations(90s, 0.3), seed);
    print("log-normal(90 s, σ 0.6)", log_normal_durations(90s, 0.6), seed);
    print("60 s + gamma(4, 10 s)", gamma_durations(60s, 4, 10s), seed);
    // The answer to a start, or the list that a run is found by, is its first look.
    print("60 s + gamma(4, 10 s), started or found by runwatch", gamma_durations(60s, 4, 10s), seed, {}, 1);
    // The default of 60 s makes a look necessary before any run can have ended.
    schedule_policy patient;
    patient.max_interval = 10min;
    print("60 s + gamma(4, 10 s), max_interval 10m", gamma_durations(60s, 4, 10s), seed, patient);
    return 0;
}
