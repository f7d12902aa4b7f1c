#include "cli/wait_session.hpp"

#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace asio = boost::asio;

/// How a wait starts the runs that it then waits for.
namespace runwatch::cli {
namespace {

/// How long the answers to what is being started are still waited for once it is over: they tell of runs that nobody
/// would know of else.
constexpr duration patience_with_starts{2'000};

} // namespace

void wait_session::set_orders(run_starter& starter, std::vector<run_order> orders, bool detached) {
    detached_ = detached;
    launch::listener tell;
    tell.started = [this](std::size_t order, std::vector<test_run> const& runs) { started(order, runs); };
    tell.failed = [this](std::size_t order, std::string const& why, duration wait) { start_failed(order, why, wait); };
    tell.refused = [this](std::size_t order, std::string const& how) { start_refused(order, how); };
    tell.used_up = [this](duration wait) { limit_is_used_up("starting", wait); };
    tell.answered = [this] { start_answered(); };
    launch_.emplace(clock_, starter, budget_, std::move(orders), std::move(tell));
}

asio::awaitable<void> wait_session::start_all() {
    if (launch_)
        co_await launch_->run();
    all_started_ = true;
    handing_alarm_->ring();
    poller_.close();
}

/// Starts nothing more, and gives what is being started a little time to be answered.
asio::awaitable<void> wait_session::await_answers() {
    if (!launch_)
        co_return;
    launch_->begin_no_more();
    auto const end = clock_.now() + patience_with_starts;
    while (launch_->is_busy() && clock_.now() < end)
        co_await answers_alarm_->wait_until(end);
}

/// Takes in runs that were started. The rows stay in the order in which their orders were given.
void wait_session::started(std::size_t order, std::vector<test_run> const& runs) {
    last_start_failure_.clear();
    auto at = std::ranges::upper_bound(rows_, order, {}, &watch_row::order);
    std::vector<test_run const*> fresh;
    for (auto const& born : runs) {
        if (!index_.emplace(born.key, rows_.size()).second)
            continue;
        watch_row row{watched_run(born.key, clock_.now(), clock_.utc())};
        row.order = order;
        at = std::next(rows_.insert(at, std::move(row)));
        fresh.push_back(&born);
    }
    for (std::size_t place = 0; place != rows_.size(); ++place)
        index_[rows_[place].run.key] = place;
    for (auto const* born : fresh)
        begin(rows_[index_.at(born->key)], *born);
    warn();
}

/// Begins the watch of a run with what the API said of it when it was started: that counts as a look, and a look at
/// once would bring nothing new.
void wait_session::begin(watch_row& row, test_run const& born) {
    duration first_look{0};
    if (!born.status_text.empty() && !is_terminal(born.status)) {
        auto const& plan = poller_.schedules().plan_of(born.key.test_id);
        auto step = advance(row.run, born, clock_.now(), policy_, plan);
        row.run = step.next;
        row.run.polls = 0;
        row.seen = born;
        first_look = step.next_poll;
        tell_of_unknown_status(step);
    }
    if (!detached_) {
        progress_->started(row);
        poller_.add(row.run, first_look);
        return;
    }
    row.seen = born;
    for (auto const& report : reports_)
        report->add(result_of(row, outcome::unfinished, clock_.utc(), why_unfinished(ending::all_ended)));
    handing_alarm_->ring();
}

/// Says why something could not be started yet, once for each text.
void wait_session::start_failed(std::size_t order, std::string const& why, duration wait) {
    if (std::exchange(last_start_failure_, why) != why && !options_.quiet)
        progress_->note(describe(launch_->orders()[order].what) + " could not be started: " + why +
                        "; tried again in " + format_duration(wait));
}

void wait_session::start_refused(std::size_t order, std::string const& how) {
    tell_of_missing(launch_->orders()[order], how);
}

void wait_session::tell_of_missing(launch_order const& order, std::string const& how) {
    missing_start const missing{describe(order.what) + ' ' + how, clock_.utc(),
                                order.now == launch_order::state::refused};
    progress_->note(missing.text);
    for (auto const& report : reports_)
        report->miss(missing);
}

void wait_session::start_answered() {
    answers_alarm_->ring();
    decide();
}

/// Says what may be under way without anybody watching it, and what was not even tried.
void wait_session::tell_of_open_orders() {
    if (!launch_)
        return;
    for (auto const& each : launch_->orders()) {
        if (each.now != launch_order::state::open)
            continue;
        auto const why = each.last_failure.empty() ? "" : ": " + each.last_failure;
        if (each.uncertain || each.in_flight)
            tell_of_missing(each, "may have been started, but no answer says so" + why +
                                      "; look for its runs before you start it again");
        else
            tell_of_missing(each, "was not started" + why);
    }
}

/// How many of the tests and suites stand like that: `1 of 2 starts`; empty if none does.
std::string wait_session::count_orders(launch_order::state state) const {
    if (!launch_)
        return {};
    auto const& orders = launch_->orders();
    auto const count = std::ranges::count(orders, state, &launch_order::now);
    if (count == 0)
        return {};
    return std::to_string(count) + " of " + counted(orders.size(), "start", "starts");
}

} // namespace runwatch::cli
