#include "runwatch/poller.hpp"

#include "poller/turn.hpp"
#include "runwatch/join.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// How often a source that refuses the key, or whose certificate is refused, is asked again.
constexpr duration between_probes{60'000};

/// The API's windows often last seconds: a wait for the next one is worth a word if it lasts longer.
constexpr duration worth_telling{10'000};

/// Whoever asks for a last look waits for it at least so long.
constexpr duration shortest_patience{1'000};

} // namespace

poller::poller(clock& clock, run_source& source, rate_budget& budget, watch_policy policy, std::size_t in_flight,
               listener tell)
    : clock_(clock),
      source_(source),
      budget_(budget),
      policy_(policy),
      most_in_flight_(in_flight),
      listener_(std::move(tell)),
      schedules_(policy.schedule),
      alarm_(clock.make_alarm()) {}

void poller::add(watched_run run, duration delay) {
    if (last_look_)
        return;
    list_.add(std::move(run), clock_.now() + delay);
    alarm_->ring();
}

void poller::add(watched_run run, listed_run const& seen) {
    if (last_look_ || list_.find(run.key) != nullptr)
        return;
    auto const key = run.key;
    list_.add(std::move(run), clock_.now());
    take_look(*list_.find(key), seen);
    alarm_->ring();
}

void poller::remove(run_key const& key) {
    if (auto* const item = list_.find(key); item != nullptr)
        list_.remove(*item);
    alarm_->ring();
}

void poller::close() {
    closed_ = true;
    alarm_->ring();
}

void poller::stop() {
    // To take a hundred thousand runs out of the list would hold up the loop: nobody asks it any more.
    stopped_ = true;
    last_look_ = true;
    for (auto* const waiting : turns_)
        waiting->wake();
    close();
}

void poller::look_last() {
    auto const now = clock_.now();
    // Asked to wait, we wait: one more request could only prolong the pause.
    if (now + shortest_patience <= std::max(budget_.paused_until(), budget_.used_up_until()))
        list_.clear();
    else
        list_.hasten(now);
    errands_.clear();
    last_look_ = true;
    close();
}

void poller::set_policy(watch_policy policy) {
    policy_ = policy;
    schedules_.set_policy(policy.schedule);
}

void poller::set_in_flight(std::size_t most) {
    most_in_flight_ = most;
    alarm_->ring();
}

void poller::forget_refusal() {
    if (refused_until_)
        refused_until_ = clock_.now();
    refused_lists_.clear();
    alarm_->ring();
}

asio::awaitable<void> poller::run() {
    /// Who ends a request of another's later finds nothing to begin.
    struct at_end {
        explicit at_end(task_group*& group_) : group(group_) {}

        at_end(at_end const&) = delete;
        at_end& operator=(at_end const&) = delete;

        ~at_end() { group = nullptr; }

        task_group*& group;
    };

    auto const executor = co_await asio::this_coro::executor;
    task_group looks{executor};
    at_end const forget{looks_};
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(dispatch(looks));
    loops.push_back(looks.run());
    co_await join(std::move(loops));
}

/// Tells whether no run is left and none will come.
bool poller::is_over() const { return closed_ && (list_.size() == 0 || stopped_) && in_flight_ == 0; }

/// Begins all requests that are due.
void poller::begin_due() {
    // A request may end as it begins, and calls this again.
    if (looks_ == nullptr || std::exchange(beginning_, true))
        return;
    while (!is_over() && next_request() <= clock_.now())
        begin_request(*looks_);
    beginning_ = false;
}

/// Sees to it that each request begins when it is due, until it is over.
asio::awaitable<void> poller::dispatch(task_group& looks) {
    looks_ = &looks;
    for (;;) {
        begin_due();
        if (is_over())
            break;
        waits_until_ = next_request();
        tell_if_used_up(waits_until_);
        co_await alarm_->wait_until(waits_until_);
    }
    looks.close();
}

/// Tells of a wait that the API asks for, unless it is short or known already.
void poller::tell_if_used_up(instant due) {
    auto const until = std::max(budget_.used_up_until(), budget_.paused_until());
    if (due != until || until < clock_.now() + worth_telling || until < told_used_up_ + worth_telling)
        return;
    told_used_up_ = until;
    listener_.used_up(std::chrono::ceil<std::chrono::seconds>(until - clock_.now()));
}

/// When the next request may be sent, as things stand; instant::max() if something else has to happen first.
instant poller::next_request() const {
    auto const most = refused_until_ ? 1 : most_in_flight_;
    if (stopped_ || in_flight_ >= most)
        return instant::max();
    auto const is_any_due = !turns_.empty() || (!errands_.empty() && !refused_until_);
    auto const due = is_any_due ? instant::min() : list_.earliest();
    return std::max({due, budget_.next(clock_.now()), refused_until_.value_or(instant::min())});
}

void poller::begin_request(task_group& looks) {
    others_went_last_ = is_turn_of_others();
    if (others_went_last_) {
        admit();
        return;
    }
    if (!errands_.empty() && !refused_until_) {
        auto const next = std::move(errands_.front());
        errands_.pop_front();
        begin(next, looks);
        return;
    }
    auto& group = *list_.first();
    if (auto const page = page_for(group); page != 0) {
        begin_page(group, page, looks);
        return;
    }
    auto& item = *group.waiting.begin();
    list_.take(item);
    send(look(item), looks);
}

void poller::send(asio::awaitable<void> request, task_group& looks) {
    budget_.take(clock_.now());
    ++in_flight_;
    looks.spawn(std::move(request));
}

/// The page of its list by which to look at a group's runs; 0 to fetch the first of them by itself.
std::size_t poller::page_for(run_group& group) {
    // One look at one run is what a refused key is probed with.
    if (refused_until_ || !group.list())
        return 0;
    if (group.next_page != 0)
        return group.next_page;
    if (group.is_missing(*group.waiting.begin()))
        return 0;
    auto const until = clock_.now() + window();
    if (!is_list_cheaper(group.habit, group.count_due(until, most_counted)))
        return 0;
    group.begin_sweep(until);
    return first_page(group.habit);
}

/// How much too early a look at a run may come and still count for the one that is due.
duration poller::window() const {
    auto const& schedule = policy_.schedule;
    return schedule.fixed_interval ? *schedule.fixed_interval / 2 : schedule.target_delay;
}

asio::awaitable<void> poller::look(watched_item& item) {
    auto const seen = co_await source_.fetch(item.key());
    heed(seen ? std::nullopt : std::optional{seen.error()});
    if (!item.let_go)
        settle(item, seen);
    // Let go of meanwhile, or just now as it has ended.
    if (item.let_go)
        list_.free(item);
    end_request();
}

/// Says that a request is over. One that is due takes its place at once: to wake who waits for the next costs several
/// calls of the system.
void poller::end_request() {
    --in_flight_;
    budget_.give_back();
    begin_due();
    if (is_over() || next_request() != waits_until_)
        alarm_->ring();
}

/// Acts on what advance() decided.
void poller::settle(watched_item& item, result<test_run> const& seen) {
    if (seen && item.progress.status_text.empty() && !is_terminal(seen->status))
        schedules_.renew(item.test->id);
    auto step = advance(item.run(), seen, clock_.now(), policy_, schedules_.plan_of(item.test->id));
    if (step.taken)
        schedules_.learn(item.test->id, *step.taken);
    listener_.looked(step, seen);
    if (step.ended || last_look_) {
        list_.remove(item);
        return;
    }
    list_.update(item, std::move(step.next));
    if (seen)
        find_company(item, *seen);
    list_.put(item, clock_.now() + step.next_poll);
}

/// Acts on what an answer, or the lack of one, says beyond the run that was asked about.
void poller::heed(std::optional<failure> const& failed) {
    if (!failed) {
        budget_.note_success();
        last_success_ = clock_.now();
    } else if (failed->kind == failure_kind::throttled) {
        budget_.pause(failed->retry_after, clock_.now());
        if (last_look_)
            list_.clear();
    }
    // What did not reach the API tells nothing of the key.
    auto const tells_nothing = failed && failed->kind == failure_kind::transient;
    auto const refused = failed && failed->kind == failure_kind::refused;
    if (refused ? !policy_.refusals_end : tells_nothing && refused_until_)
        refused_until_ = clock_.now() + between_probes;
    else if (!tells_nothing)
        refused_until_.reset();
}

/// Tells whether the key and the certificate did for something not longer ago than a probe.
bool poller::has_worked_of_late() const {
    return last_success_ != instant::min() && clock_.now() < last_success_ + between_probes;
}

duration poller::lateness() const {
    auto const now = clock_.now();
    return std::chrono::ceil<duration>(now - std::min(now, list_.earliest()));
}

std::vector<run_key> poller::unanswered() const {
    auto keys = list_.keys(true);
    // Those that wait for a last look wait for the source only if that leaves no request free.
    if (last_look_ && in_flight_ >= most_in_flight_)
        for (auto& key : list_.keys(false))
            keys.push_back(std::move(key));
    return keys;
}

} // namespace runwatch
