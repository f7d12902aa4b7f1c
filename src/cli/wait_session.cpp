#include "cli/wait_session.hpp"

#include "runwatch/join.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

/// The ceiling of our own holds no request back for longer: what does is the API's doing.
constexpr duration worth_naming{1'001};

} // namespace

wait_session::wait_session(asio::any_io_executor executor, clock& clock, run_source& source, rate_budget& budget,
                           wait_options const& options, watch_policy policy, instant started,
                           std::vector<run_key> const& keys)
    : executor_(std::move(executor)),
      clock_(clock),
      budget_(budget),
      options_(options),
      policy_(policy),
      started_(started),
      poller_(clock, source, budget, policy, requests_in_flight,
              poller::listener{[this](step const& step, result<test_run> const& seen) { looked(step, seen); },
                               [](std::string const&, observed_duration) {},
                               [this](duration wait) { limit_is_used_up("polling", wait); }}),
      deadline_alarm_(clock.make_alarm()),
      decision_alarm_(clock.make_alarm()),
      answers_alarm_(clock.make_alarm()),
      tick_alarm_(clock.make_alarm()),
      handing_alarm_(clock.make_alarm()) {
    rows_.reserve(keys.size());
    for (auto const& key : keys) {
        watched_run run{key, clock.now(), clock.utc()};
        index_.emplace(key, rows_.size());
        rows_.emplace_back(run);
        poller_.add(std::move(run), duration{0});
    }
}

run_result wait_session::result_of(watch_row const& row, outcome ended, timestamp now, std::string reason) {
    run_result result;
    result.ended = ended;
    result.key = row.run.key;
    result.run = row.seen;
    result.first_seen_at = row.run.first_seen_at;
    result.detected_at = now;
    result.polls = row.run.polls;
    result.reason = std::move(reason);
    return result;
}

watch_view wait_session::view() { return {rows_, clock_, started_, poller_.schedules()}; }

duration wait_session::timeout() const { return options_.timeout.value_or(watch_policy{}.give_up_after); }

void wait_session::set_sinks(wait_sinks* sinks) {
    sinks_ = sinks;
    if (sinks != nullptr)
        sinks->set_teller([this](std::string const& text) { progress_->note(text); });
}

asio::awaitable<exit_status> wait_session::run() {
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(watch());
    if (sinks_ != nullptr)
        loops.push_back(sinks_->run());
    co_await race(std::move(loops));
    co_await hand_over_rest();
    if (status_ == exit_status::passed && !all_done_)
        co_return exit_status::not_delivered;
    co_return status_;
}

/// Watches to the end, prints the results, and waits until they are delivered.
asio::awaitable<void> wait_session::watch() {
    // The first four in the order of `ending`; the others never end by themselves. They start in this order: signals
    // are listened for before anything is sent.
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(await_signal());
    loops.push_back(work());
    loops.push_back(keep_deadline());
    loops.push_back(await_decision());
    loops.push_back(follow_size());
    loops.push_back(tick());
    auto const first = co_await race(std::move(loops));
    // A signal counts even while it waits for answers, in which time another end may come.
    conclude(signal_ != 0 ? ending::signal : static_cast<ending>(first));
    if (sinks_ == nullptr)
        co_return;
    if (how_ != ending::signal)
        co_await deliver_rest();
    co_await account_for_sinks();
}

/// Starts what is to be started and polls whatever runs, until all of it has ended.
asio::awaitable<void> wait_session::work() {
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(start_all());
    loops.push_back(hand_over_starts());
    loops.push_back(poller_.run());
    co_await join(std::move(loops));
}

/// Judges, prints the results, and says what there is to say.
void wait_session::conclude(ending how) {
    how_ = how;
    if (how == ending::deadline)
        for (auto const& key : poller_.unanswered())
            // The reason why an earlier look failed says more.
            if (auto& failure = rows_[index_.at(key)].run.last_failure; failure.empty())
                failure = "no answer came in time";
    if (launch_)
        launch_->blame("no answer came in time", true);
    // Where the deadline found the budget empty, no last look was begun; else some are still held back by it.
    if (how == ending::deadline || how == ending::all_ended)
        limited_for_ = std::max(limited_for_, limit());
    if (limited_for_ >= worth_naming) {
        auto const why = "the API's rate limit allows the next request in " +
                         format_duration(std::chrono::ceil<std::chrono::seconds>(limited_for_));
        for (auto& row : rows_)
            if (!row.result && row.run.last_failure.empty())
                row.run.last_failure = why;
        if (launch_)
            launch_->blame(why, false);
    }
    auto const all = results(why_unfinished(how));
    status_ = judge(standings(), options_.mode);
    if (how == ending::signal)
        status_ = signal_ == SIGINT ? exit_status::interrupted : exit_status::terminated;

    progress_->finish();
    tell_of_open_orders();
    for (auto const& report : reports_) {
        report->finish(all, status_);
        if (auto const trouble = report->trouble(); !trouble.empty()) {
            progress_->note(trouble);
            all_done_ = false;
        }
    }
    if (auto const text = explain(status_, all); !text.empty())
        progress_->note(text);
}

/// Waits until every sink has taken what it is owed, or has refused it; until the deadline at the longest.
asio::awaitable<void> wait_session::deliver_rest() {
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(await_signal());
    loops.push_back(sinks_->finish());
    loops.push_back(await_end_of_patience(duration{0}));
    constexpr std::size_t by_signal = 0;
    auto const first = co_await race(std::move(loops));
    if (first == by_signal)
        status_ = signal_ == SIGINT ? exit_status::interrupted : exit_status::terminated;
}

/// Says which sinks did not take everything. Those that must have keep the wait from succeeding.
asio::awaitable<void> wait_session::account_for_sinks() {
    auto const shortfalls = co_await sinks_->shortfalls();
    for (auto const& [name, why] : shortfalls) {
        progress_->note(std::string{"sink "}.append(name).append(": ").append(why));
        if (std::ranges::find(options_.required_sinks, name) != options_.required_sinks.end())
            all_done_ = false;
    }
}

std::string wait_session::why_unfinished(ending how) const {
    if (detached_)
        return heir_ != nullptr ? "left to a daemon, as --hand-over says" : "not waited for, as --detach says";
    switch (how) {
    case ending::decision:
        return options_.mode == wait_mode::any ? "not waited for, as another run ended first"
                                               : "not waited for, as another run did not pass";
    case ending::signal:
        return signal_ == SIGINT ? "not ended when interrupted by SIGINT" : "not ended when told to stop by SIGTERM";
    case ending::all_ended:
    case ending::deadline:
        break;
    }
    return "not ended when the deadline came, after " + format_duration(timeout());
}

/// How long it is until the next request may be sent.
duration wait_session::limit() const {
    auto const now = clock_.now();
    return std::chrono::ceil<duration>(std::max(budget_.next(now), now) - now);
}

/// At the deadline every run that has not ended gets a last look; its verdict counts, but it may not take long.
asio::awaitable<void> wait_session::keep_deadline() {
    co_await deadline_alarm_->wait_until(started_ + timeout());
    if (budget_.used_up_until() > clock_.now())
        limited_for_ = limit();
    if (launch_)
        launch_->begin_no_more();
    poller_.look_last();
    // Our own ceiling alone is to keep nobody from a last look.
    auto const turns = budget_.ceiling() * static_cast<std::int64_t>(poller_.size());
    co_await await_end_of_patience(std::chrono::ceil<duration>(turns));
}

/// Until the deadline, but what comes late still gets a tenth of the timeout, or what it needs, within limits.
asio::awaitable<void> wait_session::await_end_of_patience(duration needed) {
    auto const least = std::min(duration{1'000} + needed, duration{5'000});
    auto const patience = std::clamp<duration>(timeout() / 10, least, duration{5'000});
    co_await deadline_alarm_->wait_until(std::max(started_ + timeout(), clock_.now() + patience));
}

asio::awaitable<void> wait_session::await_decision() {
    while (!decided_)
        co_await decision_alarm_->wait_until(instant::max());
    co_await await_answers();
}

asio::awaitable<void> wait_session::await_signal() {
    {
        // Gone with this block: a second signal then ends the process at once.
        asio::signal_set signals(executor_, SIGINT, SIGTERM);
        signal_ = co_await signals.async_wait(asio::use_awaitable);
    }
    co_await await_answers();
}

asio::awaitable<void> wait_session::follow_size() {
    asio::signal_set resized(executor_, SIGWINCH);
    for (;;) {
        co_await resized.async_wait(asio::use_awaitable);
        progress_->resized();
    }
}

asio::awaitable<void> wait_session::tick() {
    for (;;) {
        auto const interval = progress_->interval();
        auto const due = interval == duration{0} ? instant::max() : clock_.now() + interval;
        co_await tick_alarm_->wait_until(due);
        progress_->tick();
    }
}

/// Ends the wait if it need not go on.
void wait_session::decide() {
    if (!decided_ && is_decided(standings(), options_.mode)) {
        decided_ = true;
        decision_alarm_->ring();
    }
}

void wait_session::tell_of_unknown_status(step const& step) {
    if (step.status_unknown && unknown_statuses_.insert(step.next.status_text).second)
        progress_->note("the API reports a status that is not in its description, \"" +
                        to_printable(step.next.status_text, 40) + "\": waiting on");
}

void wait_session::looked(step const& step, result<test_run> const& seen) {
    auto& row = rows_[index_.at(step.next.key)];
    row.run = step.next;
    if (seen)
        row.seen = *seen;
    if (step.ended)
        row.result = result_of(row, *step.ended, clock_.utc(), step.reason);
    std::optional<failure> failed;
    if (!seen)
        failed = seen.error();
    progress_->looked(row, step, failed ? &*failed : nullptr);
    tell_of_unknown_status(step);
    warn();
    if (!row.result)
        return;
    if (sinks_ != nullptr)
        sinks_->add(*row.result);
    for (auto const& report : reports_)
        report->add(*row.result);
    decide();
}

void wait_session::limit_is_used_up(std::string const& what, duration wait) {
    if (!options_.quiet)
        progress_->note("the API's rate limit is used up; " + what + " goes on in " + format_duration(wait));
}

/// Tells of what is wrong beside the runs, once.
void wait_session::warn() {
    if (options_.quiet || !warning_)
        return;
    if (auto const text = warning_(); !text.empty()) {
        progress_->note(text);
        warning_ = nullptr;
    }
}

std::vector<standing> wait_session::standings() const {
    std::vector<standing> all;
    all.reserve(rows_.size());
    if (!detached_)
        for (auto const& row : rows_)
            all.push_back({row.result ? row.result->ended : outcome::unfinished, !row.run.last_failure.empty()});
    if (!launch_)
        return all;
    for (auto const& each : launch_->orders()) {
        if (each.now == launch_order::state::open)
            all.push_back({outcome::unfinished, !each.last_failure.empty()});
        else if (each.now == launch_order::state::refused)
            all.push_back({outcome::unwatchable, true});
        else if (detached_)
            all.push_back({outcome::passed, false});
    }
    return all;
}

std::vector<run_result> wait_session::results(std::string const& why_unfinished) const {
    std::vector<run_result> all;
    all.reserve(rows_.size());
    for (auto const& row : rows_) {
        auto reason = why_unfinished;
        if (!row.run.last_failure.empty())
            reason += "; the last look failed: " + row.run.last_failure;
        all.push_back(row.result ? *row.result : result_of(row, outcome::unfinished, clock_.utc(), std::move(reason)));
    }
    return all;
}

/// Says why there is no verdict, and what to do about it; empty if there is one.
std::string wait_session::explain(exit_status status, std::span<run_result const> results) const {
    auto const count = [&](outcome ended) {
        return std::to_string(std::ranges::count(results, ended, &run_result::ended)) + " of " +
               counted(results.size(), "run", "runs");
    };
    auto const open = count_orders(launch_order::state::open);
    auto unfinished = open.empty() ? "" : open + " not known to have been made";
    if (!detached_ && (open.empty() || !results.empty()))
        unfinished = count(outcome::unfinished) + " unfinished" + (open.empty() ? "" : " and ") + unfinished;
    switch (status) {
    case exit_status::unwatchable: {
        auto const refused = count_orders(launch_order::state::refused);
        auto const first = std::ranges::find(results, outcome::unwatchable, &run_result::ended);
        if (first == results.end())
            return refused + " refused";
        // Unless quiet, each reason was told when it came up.
        auto const why = options_.quiet ? ": " + to_printable(first->key.ref(), 600) + ": " + first->reason : "";
        return (refused.empty() ? "" : refused + " refused, and ") + count(outcome::unwatchable) +
               " cannot be watched" + why;
    }
    case exit_status::unreachable:
        return "the deadline came, after " + format_duration(timeout()) + ", with " + unfinished +
               " and the API not answering as it should: " + first_trouble();
    case exit_status::timed_out:
        return "the deadline came, after " + format_duration(timeout()) + ", with " + unfinished +
               "; allow more with --timeout";
    case exit_status::interrupted:
        return "interrupted, with " + unfinished;
    case exit_status::terminated:
        return "told to stop, with " + unfinished;
    default:
        return {};
    }
}

/// What the API did instead of answering, of the first that is unfinished for that.
std::string wait_session::first_trouble() const {
    for (auto const& row : rows_)
        if (!row.result && !row.run.last_failure.empty())
            return row.run.last_failure;
    if (launch_)
        for (auto const& each : launch_->orders())
            if (each.now == launch_order::state::open && !each.last_failure.empty())
                return each.last_failure;
    return {};
}

} // namespace runwatch::cli
