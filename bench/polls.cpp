// Polls runs over HTTPS with the executable's own poller and client, but as often as it can, and prints as JSON what
// CPU time that took: `bench_polls BASE_URL CA_FILE CONNECTIONS POLLS`.
#include "support.hpp"

#include "runwatch/clock.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/poller.hpp"
#include "runwatch/telnyx.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace runwatch;

namespace {

/// So many that one is always due.
constexpr std::size_t enough_runs = 1000;

/// Counts looks. The first tenth does not count: in it connections are opened.
class meter {
public:
    explicit meter(std::size_t wanted) : wanted_(wanted), warm_up_(wanted / 10) {}

    /// Tells whether this was the last.
    bool count(result<test_run> const& seen) {
        if (!seen && failures_++ == 0)
            std::fprintf(stderr, "a poll failed: %s\n", seen.error().message.c_str());
        if (++looks_ == warm_up_)
            began_ = bench::cpu_time();
        if (looks_ == wanted_)
            ended_ = bench::cpu_time();
        return looks_ == wanted_;
    }

    bool has_failures() const { return failures_ != 0; }

    void print() const {
        std::printf("{\"polls\": %zu, \"cpu_us\": %lld}\n", wanted_ - warm_up_,
                    static_cast<long long>((ended_ - began_).count()));
    }

private:
    std::size_t wanted_;
    std::size_t warm_up_;
    std::size_t looks_ = 0;
    std::size_t failures_ = 0;
    std::chrono::microseconds began_{};
    std::chrono::microseconds ended_{};
};

} // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        std::fprintf(stderr, "usage: %s BASE_URL CA_FILE CONNECTIONS POLLS\n", arguments[0]);
        return 64;
    }
    boost::asio::io_context loop{1};
    system_clock clock{loop.get_executor()};
    http_options options;
    options.ca_file = arguments[2];
    options.connections = std::strtoul(arguments[3], nullptr, 10);
    http_client client{loop.get_executor(), options};
    telnyx_source source{client, clock, plain_base_url(arguments[1]),
                         secret_source{secret_source::origin::environment, "TELNYX_API_KEY"}};
    watch_policy policy;
    policy.schedule.fixed_interval = duration{0};
    meter looks{std::strtoul(arguments[4], nullptr, 10)};
    poller* running = nullptr;
    rate_budget budget;
    poller::listener tell;
    tell.looked = [&](step const&, result<test_run> const& seen) {
        if (looks.count(seen))
            running->stop();
    };
    poller poller{clock, source, budget, policy, options.connections, tell};
    running = &poller;
    for (std::size_t run = 0; run < enough_runs; ++run) {
        auto const number = std::to_string(enough_runs + run);
        // Each of a test of its own, so that no list shows several.
        run_key const key{"182bd5e5-6e1a-4fe4-a799-aa6d9a6a" + number, "84cc1d9e-5f21-4ae8-8b9c-2f6d8f2d" + number};
        poller.add({key, clock.now(), clock.utc()}, duration{0});
    }
    bench::run(loop, poller.run());
    looks.print();
    return looks.has_failures() ? 1 : 0;
}
