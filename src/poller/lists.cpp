#include "runwatch/poller.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// It takes two requests to learn which runs belong together, and the second is a look at them all.
constexpr std::size_t worth_finding_out = 4;

/// So often in a row a fetch may fail for the rest of what a list shows in part.
constexpr unsigned most_failed_fetches = 2;

/// So many runs of a page at a time keep the loop free for others.
constexpr std::size_t steps_at_once = 4;

/// A run that a list shows to have ended, and how long it took.
struct past_run {
    timestamp ended;
    duration taken;
};

} // namespace

void poller::begin_page(run_group& group, std::size_t page, task_group& looks) {
    auto what = *group.list();
    list_.set_aside(group);
    send(read_page(group, std::move(what), page), looks);
}

asio::awaitable<void> poller::read_page(run_group& group, run_list what, std::size_t page) {
    auto shown = co_await source_.list(what, page);
    if (shown) {
        heed(std::nullopt);
        co_await take_in(group, std::move(*shown), page);
    } else if (shown.error().kind == failure_kind::throttled) {
        heed(shown.error());
        // Nobody was looked for.
        group.swept_until = instant::min();
        group.next_page = 0;
        group.forget_errands();
    } else {
        // Whatever is wrong, the fetches that follow tell it of each run.
        note_refusal(group.habit);
        group.next_page = 0;
    }
    list_.bring_back(group);
    end_request();
}

/// Takes a page for a look at every run on it, whether it was due or not. The loop gets its turn in between: each test
/// that a page shows may want its schedule computed.
asio::awaitable<void> poller::take_in(run_group& group, run_page shown, std::size_t page) {
    auto const executor = co_await asio::this_coro::executor;
    page_yield yield;
    yield.page = page;
    yield.first = group.next_page == 0;
    yield.total_pages = shown.total_pages;
    yield.shown = shown.runs.size();
    if (auto* const test = dynamic_cast<watched_test*>(&group); test != nullptr)
        learn_past(*test, shown);
    // Those that have ended teach how long runs take, which the others then go by.
    std::stable_partition(shown.runs.begin(), shown.runs.end(),
                          [](auto const& listed) { return is_terminal(listed.run.status); });
    std::unordered_set<run_key> taken_in;
    std::size_t steps = 0;
    for (auto const& listed : shown.runs) {
        if (++steps % steps_at_once == 0)
            co_await asio::post(executor, asio::use_awaitable);
        auto* const item = list_.find(listed.run.key);
        // One that is being fetched is better served by that. One without a status was not shown.
        if (item == nullptr || item->waits_in == nullptr || listed.run.status_text.empty())
            continue;
        // One that is there twice is looked at once; if it has ended in between, by its end.
        if (!taken_in.insert(listed.run.key).second)
            continue;
        if (item->waits_in == &group && group.is_missing(*item))
            ++yield.found;
        take_look(*item, listed);
    }
    yield.wanted = yield.found + group.count_missing(most_counted);
    group.next_page = next_page(group.habit, yield).value_or(0);
}

/// Takes what a list shows of a run for a look at it.
void poller::take_look(watched_item& item, listed_run const& seen) {
    // What a fetch fails to bring is done without: the verdict is known.
    auto const is_cut = is_terminal(seen.run.status) && !seen.whole && item.progress.failures < most_failed_fetches;
    if (is_cut || seen.run.status_text.empty())
        list_.single_out(item, clock_.now());
    else
        settle(item, seen.run);
}

/// Learns from runs that had ended before anybody watched them, unless enough is known.
void poller::learn_past(watched_test& test, run_page const& shown) {
    // Of what is known already some may be on the page.
    if (test.past_learned || schedules_.known(test.id) != 0 || policy_.schedule.fixed_interval)
        return;
    test.past_asked = test.past_learned = true;
    std::vector<past_run> past;
    std::unordered_set<run_key> counted;
    for (auto const& [run, whole] : shown.runs)
        if (is_terminal(run.status) && run.created_at && run.completed_at && *run.completed_at > *run.created_at &&
            list_.find(run.key) == nullptr && counted.insert(run.key).second)
            past.push_back({*run.completed_at, *run.completed_at - *run.created_at});
    std::ranges::sort(past, {}, &past_run::ended);
    for (auto const& each : past) {
        observed_duration taken;
        taken.taken = each.taken;
        taken.began = each.ended - each.taken;
        schedules_.learn(test.id, taken);
        listener_.learned(test.id, taken);
    }
    schedules_.renew(test.id);
}

/// Sees whether a request more now saves several later.
void poller::find_company(watched_item& item, test_run const& seen) {
    list_.join(item, seen.suite_run_id);
    if (!has_time())
        return;
    auto& test = *item.test;
    if (!test.past_asked && !policy_.schedule.fixed_interval && schedules_.known(test.id) == 0) {
        test.past_asked = true;
        errands_.push_back({errand::kind::read_past, test.id, {}});
    }
    auto* const suite_run = item.suite_run;
    if (suite_run == nullptr || suite_run->members_read || suite_run->members + list_.unseen() < worth_finding_out)
        return;
    if (!suite_run->suite.empty()) {
        suite_run->members_read = true;
        errands_.push_back({errand::kind::read_suite_run, test.id, suite_run->id});
    } else if (!test.described) {
        test.described = true;
        errands_.push_back({errand::kind::describe, test.id, suite_run->id});
    }
}

/// Tells whether the budget has room for more than what is due.
bool poller::has_time() const { return !last_look_ && list_.earliest() > clock_.now() - policy_.schedule.target_delay; }

void poller::begin(errand const& next, task_group& looks) {
    if (next.what == errand::kind::describe) {
        send(describe(next.test_id, next.suite_run_id), looks);
        return;
    }
    run_group* group = list_.find_test(next.test_id);
    if (next.what == errand::kind::read_suite_run)
        group = list_.find_suite_run(next.suite_run_id);
    // One whose list is being read already tells as much.
    if (group != nullptr && !group->set_aside && group->list())
        begin_page(*group, first_page(group->habit), looks);
}

asio::awaitable<void> poller::describe(std::string test_id, std::string suite_run_id) {
    auto const described = co_await source_.describe(test_id);
    auto* const test = list_.find_test(test_id);
    auto* const suite_run = list_.find_suite_run(suite_run_id);
    if (described) {
        heed(std::nullopt);
        schedules_.limit(test_id, described->max_duration);
        if (test != nullptr)
            test->suite = described->suite;
        if (suite_run != nullptr && !described->suite.empty()) {
            suite_run->suite = described->suite;
            suite_run->members_read = true;
            errands_.push_back({errand::kind::read_suite_run, test_id, suite_run_id});
        }
    } else if (described.error().kind == failure_kind::throttled) {
        heed(described.error());
        // It is asked again after the pause.
        if (test != nullptr)
            test->described = false;
    }
    end_request();
}

} // namespace runwatch
