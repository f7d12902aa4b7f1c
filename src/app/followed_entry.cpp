#include "app/followed_entry.hpp"

#include "runwatch/backoff.hpp"
#include "runwatch/join.hpp"

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

/// Missed so often, a suite is taken for gone: lists may lack what there is.
constexpr unsigned enough_misses = 2;

/// How often what is refused is asked for again.
constexpr duration between_probes = 1min;

} // namespace

followed_entry::followed_entry(asio::any_io_executor const& executor, clock& clock, poller& poller, store& store,
                               store::router const& route, follow_entry settings, follow_start start,
                               follower::listener const& tell)
    : clock_(clock),
      poller_(poller),
      store_(store),
      route_(route),
      settings_(std::move(settings)),
      start_(std::move(start)),
      listener_(tell),
      tasks_(executor),
      alarm_(clock.make_alarm()) {
    suites_status_.name = "all suites";
    suites_status_.since = settings_.since.value_or(start_.record.began);
    suites_status_.next_look = clock.utc();
}

asio::awaitable<void> followed_entry::run() {
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(tasks_.run());
    if (is_of_all_suites()) {
        loops.push_back(read_suites());
    } else {
        run_list what;
        what.test_id = settings_.test_id;
        what.suite = settings_.suite;
        add(std::move(what));
        tasks_.close();
    }
    co_await join(std::move(loops));
}

void followed_entry::close() {
    closed_ = true;
    for (auto& each : lists_)
        close(each);
    tasks_.close();
    alarm_->ring();
}

void followed_entry::close(one_list& which) const {
    which.closed = true;
    which.following.close();
    listener_.left(which.following.status());
}

void followed_entry::start_over(bool everywhere) {
    if (everywhere || !suites_status_.trouble.empty()) {
        hurried_ = true;
        alarm_->ring();
    }
    for (auto& each : lists_)
        if (everywhere || !each.following.status().trouble.empty())
            each.following.start_over();
}

void followed_entry::leave_out(std::set<std::string> suites) {
    if (left_out_ == suites)
        return;
    left_out_ = std::move(suites);
    for (auto& each : lists_)
        if (is_of_all_suites() && left_out_.contains(each.following.plan().list.suite))
            close(each);
    hurried_ = true;
    alarm_->ring();
}

bool followed_entry::is_idle() const {
    return (!is_of_all_suites() || suites_status_.has_swept) &&
           std::ranges::all_of(lists_, [](auto const& each) { return each.following.is_idle(); });
}

std::vector<follow_status> followed_entry::status() const {
    std::vector<follow_status> all;
    if (is_of_all_suites())
        all.push_back(suites_status_);
    for (auto const& each : lists_)
        if (!each.closed)
            all.push_back(each.following.status());
    return all;
}

void followed_entry::add(run_list what) {
    if (closed_)
        return;
    follow_plan plan;
    plan.list = std::move(what);
    plan.every = settings_.every;
    plan.since = settings_.since;
    plan.labels = settings_.labels;
    plan.sinks = settings_.sinks;
    lists_.emplace_back(clock_, poller_, store_, route_, std::move(plan), start_, listener_);
    tasks_.spawn(serve(std::prev(lists_.end())));
}

asio::awaitable<void> followed_entry::serve(lists::iterator mine) {
    co_await mine->following.run(0ms);
    lists_.erase(mine);
}

/// Reads which suites there are as often as their lists are looked at.
asio::awaitable<void> followed_entry::read_suites() {
    unsigned failures = 0;
    while (!closed_) {
        hurried_ = false;
        auto const suites = co_await poller_.list_suites();
        if (closed_)
            break;
        auto wait = settings_.every;
        if (suites) {
            failures = 0;
            adopt(*suites);
            suites_status_.trouble.clear();
            suites_status_.last_look = clock_.utc();
            suites_status_.has_swept = true;
            listener_.asked(suites_status_, std::nullopt, wait);
        } else {
            if (suites.error().kind == failure_kind::refused)
                wait = between_probes;
            else if (suites.error().kind == failure_kind::throttled)
                // How long that lasts, the poller knows.
                wait = 0ms;
            else
                wait = backoff(++failures, 0.0);
            suites_status_.trouble = suites.error().message;
            listener_.asked(suites_status_, suites.error(), wait);
        }
        suites_status_.next_look = clock_.utc() + wait;
        auto const due = clock_.now() + wait;
        while (!closed_ && !hurried_ && clock_.now() < due)
            co_await alarm_->wait_until(due);
    }
}

/// Follows the suites that there are. What was found in those that have gone is watched all the same.
void followed_entry::adopt(std::vector<std::string> const& suites) {
    std::set<std::string> missing(suites.begin(), suites.end());
    for (auto const& each : left_out_)
        missing.erase(each);
    for (auto& each : lists_) {
        if (each.closed)
            continue;
        if (missing.erase(each.following.plan().list.suite) != 0)
            each.missed = 0;
        else if (++each.missed >= enough_misses)
            close(each);
    }
    for (auto const& each : missing) {
        run_list what;
        what.suite = each;
        add(std::move(what));
    }
}

} // namespace runwatch
