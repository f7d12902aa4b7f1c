#include "cli/test_message.hpp"

#include "cli/config_option.hpp"
#include "cli/exit_status.hpp"
#include "cli/named_state.hpp"
#include "cli/run_to_end.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/join.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/run_json.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"
#include "sinks/registry.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

std::string random_number() {
    std::random_device entropy;
    return std::to_string((std::uint64_t{entropy()} << 32U) | entropy());
}

/// Throws config_error unless the sink's own options are right; the rest of the config may be wrong.
void check_options(sink_settings const& settings) {
    problems found;
    option_map options{settings.options, found};
    for (auto const* key : {"name", "type", "on"})
        options.find(key);
    check_sink(settings.type, options, found);
    options.finish();
    found.throw_if_any();
}

/// What a daemon would do about a result that was refused so.
std::string consequence(failure_kind kind) {
    switch (kind) {
    case failure_kind::gone:
        return "a daemon would stop this sink";
    case failure_kind::transient:
    case failure_kind::throttled:
        return "a daemon would try again";
    default:
        return "a daemon would not try again";
    }
}

/// One attempt at a delivery, which a signal ends.
class attempt {
public:
    attempt(asio::any_io_executor executor, sink& to) : executor_(std::move(executor)), sink_(to) {}

    asio::awaitable<void> run(run_result message) {
        std::vector<asio::awaitable<void>> loops;
        loops.push_back(await_signal());
        loops.push_back(deliver(std::move(message)));
        co_await race(std::move(loops));
    }

    /// Unset if a signal came first.
    std::optional<result<void>> const& outcome() const { return outcome_; }

    int signal() const { return signal_; }

private:
    asio::awaitable<void> await_signal() {
        asio::signal_set signals(executor_, SIGINT, SIGTERM);
        signal_ = co_await signals.async_wait(asio::use_awaitable);
    }

    asio::awaitable<void> deliver(run_result message) {
        auto delivered = co_await sink_.deliver(std::move(message));
        outcome_ = std::move(delivered);
    }

    asio::any_io_executor executor_;
    sink& sink_;
    std::optional<result<void>> outcome_;
    int signal_ = 0;
};

} // namespace

run_result test_message(std::string const& number, timestamp now) {
    run_result message;
    message.ended = outcome::passed;
    message.key = run_key{"runwatch-test", number};
    message.first_seen_at = now;
    message.detected_at = now;
    message.polls = 1;
    message.labels = {{"test_message", "sent by runwatch sinks test, of no test run"}};
    auto const time = json_quote(format_timestamp(now));
    message.run = read_run(message.key, R"({"run_id":)" + json_quote(message.key.run_id) + R"(,"test_id":)" +
                                            json_quote(message.key.test_id) +
                                            R"(,"status":"passed","triggered_by":"runwatch sinks test","created_at":)" +
                                            time + R"(,"completed_at":)" + time +
                                            R"(,"logs":"This is a test message of runwatch; no test was run."})");
    return message;
}

int test_sink(config_outline const& config, std::string const& file, std::string const& name) {
    auto const found = std::ranges::find(config.sinks, name, &sink_settings::name);
    if (found == config.sinks.end())
        throw usage_error{file + " has no sink \"" + to_printable(name) + '"' + suggest(name, names_of(config.sinks))};
    check_options(*found);
    asio::io_context loop{1};
    system_clock clock{loop.get_executor()};
    auto const tested =
        make_sink(name, found->type, found->options, {loop.get_executor(), clock, named_variables(config.whole)});
    auto message = test_message(random_number(), clock.utc());
    auto const ref = message.key.ref();
    auto const started = clock.now();
    attempt once{loop.get_executor(), *tested};
    run_to_end(loop, once.run(std::move(message)));
    auto const taken = format_duration(std::chrono::ceil<duration>(clock.now() - started));
    if (!once.outcome()) {
        say("interrupted; sink " + name + " may or may not have got the test message " + ref);
        return static_cast<int>(once.signal() == SIGINT ? exit_status::interrupted : exit_status::terminated);
    }
    if (auto const& outcome = *once.outcome(); !outcome) {
        say(outcome.error().message + "; " + consequence(outcome.error().kind));
        return static_cast<int>(exit_status::not_delivered);
    }
    print("sink " + name + " took the test message " + ref + " in " + taken + '\n');
    return 0;
}

} // namespace runwatch::cli
