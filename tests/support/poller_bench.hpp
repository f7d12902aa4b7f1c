#pragma once

#include "runwatch/poller.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_source.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace runwatch::support {

/// A poller at work on a clock that the test moves. When it goes it proves that nothing is left on the loop.
class poller_bench {
public:
    explicit poller_bench(scripted_source::script answer, std::size_t in_flight = 8,
                          watch_policy const& policy = fixed_policy(), std::uint64_t per_second = 0)
        : source(clock, std::move(answer)),
          budget(per_second, policy.backoff),
          polling(clock, source, budget, policy, in_flight,
                  poller::listener{[this](step const& step, result<test_run> const& seen) {
                                       told.push_back(step);
                                       if (on_look)
                                           on_look(step, seen);
                                   },
                                   [this](std::string const& test_id, observed_duration taken) {
                                       learned[test_id].push_back(taken.taken);
                                   },
                                   [this](duration wait) { used_up.push_back(wait); }}) {}

    ~poller_bench() {
        if (!work.done()) {
            work.cancel();
            clock.settle();
        }
        EXPECT_TRUE(work.done());
        EXPECT_TRUE(runs_empty(io));
    }

    poller_bench(poller_bench const&) = delete;
    poller_bench& operator=(poller_bench const&) = delete;

    /// Looks every ten seconds.
    static watch_policy fixed_policy() {
        watch_policy policy;
        policy.schedule.fixed_interval = std::chrono::seconds{10};
        policy.backoff = {std::chrono::seconds{1}, std::chrono::seconds{60}};
        return policy;
    }

    /// A run of a test of its own: no list shows it together with others.
    static run_key key(std::size_t index) { return {"test-" + std::to_string(index), "run-" + std::to_string(index)}; }

    void add(run_key const& key, duration delay = duration{0}) {
        polling.add(watched_run{key, clock.now(), clock.utc()}, delay);
    }

    void add(std::size_t index, duration delay = duration{0}) { add(key(index), delay); }

    /// The looks begun so far as `run at second`.
    std::string looks() const {
        std::string text;
        for (auto const& look : source.looks()) {
            auto const at = std::chrono::duration_cast<duration>(look.at - start);
            text += (text.empty() ? "" : ", ") + look.key.run_id + " at " + std::to_string(at.count() / 1000);
            if (at.count() % 1000 != 0)
                text += '.' + std::to_string(at.count() % 1000);
        }
        return text;
    }

    std::vector<outcome> ends() const {
        std::vector<outcome> all;
        for (auto const& step : told)
            if (step.ended)
                all.push_back(*step.ended);
        return all;
    }

    boost::asio::io_context io;
    manual_clock clock{io};
    instant start = clock.now();
    scripted_source source;
    rate_budget budget;
    std::vector<step> told;
    std::map<std::string, std::vector<duration>> learned;
    std::vector<duration> used_up;
    std::function<void(step const&, result<test_run> const&)> on_look;
    poller polling;
    task<void> work{io, polling.run()};
};

/// Runs for so many looks, then passes.
inline scripted_source::script passing_at(std::size_t last) {
    return [last](run_key const& key, std::size_t look) -> result<test_run> {
        return run_in(key, look < last ? "running" : "passed");
    };
}

inline scripted_source::script always(failure const& failed) {
    return [failed](run_key const&, std::size_t) -> result<test_run> { return failed; };
}

} // namespace runwatch::support
