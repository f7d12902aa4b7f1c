#include "runwatch/follower.hpp"

#include "runwatch/backoff.hpp"
#include "runwatch/text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

/// Said so often that there is no such list, the API is believed.
constexpr unsigned enough_denials = 3;

/// What is not there is asked for no more often, and what is, no less.
constexpr duration longest_wait = 1h;

/// How often what is refused is asked for again.
constexpr duration between_probes = 1min;

/// How wrong the API's clock may be read from the dates of its answers, which are in seconds. A run that ended so
/// shortly before following began is better reported than one lost that ended so shortly afterwards.
constexpr duration most_clock_error = 2s;

/// So many runs at a time keep the loop free for others.
constexpr std::size_t steps_at_once = 4;

std::string name_of(run_list const& list) {
    return list.suite.empty() ? "test " + to_printable(list.test_id) : "suite \"" + to_printable(list.suite) + '"';
}

/// A number from 0 to 1 that differs between lists, so that those that fail together do not come back together.
double spread(run_list const& list) { return static_cast<double>(hash_ids(list.test_id, list.suite) % 1'000) / 1'000; }

} // namespace

bool had_ended_by(test_run const& run, timestamp time, duration skew) {
    if (!is_terminal(run.status))
        return false;
    auto const ended = run.completed_at ? run.completed_at : run.created_at;
    return !ended || *ended + skew < time;
}

follower::follower(clock& clock, poller& poller, store& store, store::router const& route, follow_plan plan,
                   follow_start& start, listener const& tell)
    : clock_(clock),
      poller_(poller),
      store_(store),
      route_(route),
      plan_(std::move(plan)),
      start_(start),
      listener_(tell),
      alarm_(clock.make_alarm()),
      next_look_(clock.now()) {
    status_.name = name_of(plan_.list);
}

void follower::close() {
    closed_ = true;
    alarm_->ring();
}

void follower::start_over() {
    hurried_ = true;
    alarm_->ring();
}

follow_status follower::status() const {
    auto now = status_;
    now.since = plan_.since.value_or(start_.record.began);
    now.next_look = clock_.utc() + std::chrono::duration_cast<duration>(next_look_ - clock_.now());
    return now;
}

asio::awaitable<void> follower::run(duration delay) {
    co_await pass(delay);
    while (!closed_) {
        if (std::exchange(hurried_, false))
            lookout_.start_over();
        looking_ = true;
        if (!lookout_.next())
            lookout_.begin(clock_.now());
        auto const began = clock_.now();
        co_await look();
        looking_ = false;
        if (missing_ == 0 && !closed_)
            co_await pass(plan_.every - std::chrono::duration_cast<duration>(clock_.now() - began));
    }
}

/// Waits, unless told to close or to start over.
asio::awaitable<void> follower::pass(duration time) {
    next_look_ = clock_.now() + std::max(time, duration{0});
    while (!closed_ && !hurried_ && clock_.now() < next_look_)
        co_await alarm_->wait_until(next_look_);
}

/// Reads whatever the lookout wants to have read, until that is all or the list is not there.
asio::awaitable<void> follower::look() {
    for (;;) {
        auto const part = lookout_.next();
        if (closed_ || hurried_)
            co_return;
        if (!part)
            break;
        auto list = plan_.list;
        list.status = part->status;
        auto shown = co_await poller_.list(std::move(list), part->page);
        if (closed_)
            co_return;
        if (shown) {
            failures_ = missing_ = 0;
            set_trouble({});
            listener_.asked(status_, std::nullopt, 0ms);
            co_await take_in(*std::move(shown));
            continue;
        }
        auto const is_answer = shown.error().kind == failure_kind::not_found ||
                               shown.error().kind == failure_kind::permanent ||
                               shown.error().kind == failure_kind::gone;
        if (is_answer && (part->page > 1 || !part->status.empty())) {
            // The list has become shorter, or the filter is not known.
            lookout_.pass_over(clock_.now());
            continue;
        }
        co_await try_later(shown.error());
        if (missing_ != 0)
            co_return;
    }
    status_.last_look = clock_.utc();
    if (lookout_.has_swept() && !std::exchange(status_.has_swept, true))
        learn_history();
}

/// Waits as long as a failure asks for.
asio::awaitable<void> follower::try_later(failure failed) {
    set_trouble(failed.message);
    auto wait = 0ms;
    if (failed.kind == failure_kind::not_found) {
        lookout_.start_over();
        status_.is_gone = ++missing_ >= enough_denials;
        wait = std::min(plan_.every * (1U << std::min(missing_ - 1, 16U)), longest_wait);
    } else if (failed.kind == failure_kind::refused) {
        wait = between_probes;
    } else if (failed.kind != failure_kind::throttled) {
        // How long that lasts, the poller knows.
        wait = backoff(++failures_, spread(plan_.list));
    }
    listener_.asked(status_, failed, wait);
    co_await pass(wait);
}

/// Has new runs of a page watched. If the state does not take them, the page has to be read again.
asio::awaitable<void> follower::take_in(run_page shown) {
    std::string problem;
    try {
        co_await compare(shown);
    } catch (state_error const& error) {
        problem = error.what();
    }
    if (problem.empty()) {
        if (std::exchange(state_failures_, 0U) != 0)
            listener_.state_works();
        lookout_.note(shown, clock_.now());
        co_return;
    }
    auto const wait = backoff(++state_failures_, 0.0);
    listener_.state_failed(problem, wait);
    co_await pass(wait);
}

asio::awaitable<void> follower::compare(run_page const& shown) {
    if (!plan_.since && !start_.record.by_api)
        co_await note_start(shown.skew);
    auto const since = plan_.since.value_or(start_.record.began);
    found_runs found;
    found.list = followed_list{plan_.list.test_id, plan_.list.suite};
    // No result is older than 1970.
    found.since = std::max(since, timestamp{}) - shown.skew;
    std::unordered_map<run_key, listed_run const*> listed;
    for (auto const place : lookout_.unaccounted(shown)) {
        auto const& each = shown.runs[place];
        if (had_ended_by(each.run, since, shown.skew)) {
            remember(each.run);
            continue;
        }
        watch_record record;
        record.key = each.run.key;
        record.labels = plan_.labels;
        record.sinks = plan_.sinks;
        record.origin = watch_origin::follow;
        record.first_seen_at = clock_.utc();
        // One that is there twice may have ended in between.
        auto const [known, is_new] = listed.emplace(each.run.key, &each);
        if (is_new)
            found.watches.push_back(std::move(record));
        else if (is_terminal(each.run.status))
            known->second = &each;
    }
    if (found.watches.empty())
        co_return;
    auto discovered = co_await store_.discover(std::move(found), route_);
    if (!discovered.first_owed.empty())
        listener_.owed(std::move(discovered.first_owed));
    auto const executor = co_await asio::this_coro::executor;
    std::size_t steps = 0;
    for (auto const& key : discovered.fresh) {
        auto const& seen = *listed.at(key);
        ++status_.runs_found;
        listener_.found(status_, seen.run);
        poller_.add(watched_run(key, clock_.now(), clock_.utc()), seen);
        // Each test that a page shows may want its schedule computed.
        if (++steps % steps_at_once == 0)
            co_await asio::post(executor, asio::use_awaitable);
    }
}

/// Writes down by the API's clock when following began, once that clock is known.
asio::awaitable<void> follower::note_start(duration skew) {
    auto record = start_.record;
    auto const now = clock_.utc();
    // Our time of day may have been set since.
    if (start_.began)
        record.began = now - std::chrono::duration_cast<duration>(clock_.now() - *start_.began);
    record.began += skew - most_clock_error;
    record.by_api = true;
    co_await store_.note_follow(record);
    start_.record = record;
}

/// Keeps how long a run of history took, of the newest of its test.
void follower::remember(test_run const& run) {
    if (status_.has_swept || !run.created_at || !run.completed_at || *run.completed_at <= *run.created_at)
        return;
    auto& past = history_[run.key.test_id];
    observed_duration taken;
    taken.taken = *run.completed_at - *run.created_at;
    taken.began = *run.created_at;
    auto const is_same = [&](observed_duration const& other) {
        return other.began == taken.began && other.taken == taken.taken;
    };
    auto const place = std::ranges::upper_bound(past, taken.began, {}, &observed_duration::began);
    if (std::ranges::any_of(past, is_same))
        return;
    past.insert(place, taken);
    if (past.size() > durations_worth_keeping)
        past.erase(past.begin());
}

/// Teaches what history says of tests of which nothing is known.
void follower::learn_history() {
    for (auto const& [test_id, past] : std::exchange(history_, {})) {
        if (poller_.schedules().known(test_id) != 0)
            continue;
        for (auto const& taken : past) {
            poller_.schedules().learn(test_id, taken);
            listener_.learned(test_id, taken);
        }
        poller_.schedules().renew(test_id);
    }
}

void follower::set_trouble(std::string const& text) {
    status_.trouble = text;
    if (text.empty())
        status_.is_gone = false;
}

} // namespace runwatch
