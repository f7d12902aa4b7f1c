#include "poller/turn.hpp"

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {

poller::turn::turn(poller& of) : of_(of), bell_(of.clock_.make_alarm()) {
    of_.turns_.push_back(this);
    of_.alarm_->ring();
}

poller::turn::~turn() {
    if (!admitted_) {
        std::erase(of_.turns_, this);
        return;
    }
    if (ended_)
        return;
    // It was cancelled: whoever comes next is begun by the loop, if that goes on.
    --of_.in_flight_;
    of_.budget_.give_back();
    of_.alarm_->ring();
}

asio::awaitable<void> poller::turn::wait() {
    while (!admitted_ && !of_.stopped_)
        co_await bell_->wait_until(instant::max());
}

void poller::turn::admit() {
    admitted_ = true;
    of_.budget_.take(of_.clock_.now());
    ++of_.in_flight_;
    bell_->ring();
}

void poller::turn::end() {
    ended_ = true;
    of_.end_request();
}

/// Tells whether a request of somebody else's is the next: it is wherever no look is due, else every second time.
bool poller::is_turn_of_others() const {
    if (turns_.empty())
        return false;
    auto const is_look_due = list_.earliest() <= clock_.now() || (!errands_.empty() && !refused_until_);
    return !others_went_last_ || !is_look_due;
}

/// A key that may read runs may not be allowed to read some list: that must not pause everything. It is the list that
/// is refused, not the key, where something else succeeded since it was refused first, or not long before.
void poller::heed_other(std::optional<failure> const& failed, list_name const& which) {
    if (!failed || failed->kind != failure_kind::refused) {
        if (!failed)
            refused_lists_.erase(which);
        heed(failed);
        return;
    }
    auto const first = refused_lists_.emplace(which, clock_.now()).first->second;
    if (last_success_ <= first && !has_worked_of_late())
        heed(failed);
}

void poller::admit() {
    auto& first = *turns_.front();
    turns_.pop_front();
    first.admit();
}

template <class T>
asio::awaitable<result<T>> poller::take_turn(list_name which, asio::awaitable<result<T>> request) {
    turn mine{*this};
    co_await mine.wait();
    if (!mine.is_admitted())
        co_return failure(failure_kind::transient, "not asked, as nothing is asked any more");
    auto answer = co_await std::move(request);
    heed_other(answer ? std::nullopt : std::optional{answer.error()}, which);
    mine.end();
    co_return answer;
}

asio::awaitable<result<run_page>> poller::list(run_list what, std::size_t page) {
    list_name which{what.test_id, what.suite};
    return take_turn(std::move(which), source_.list(std::move(what), page));
}

asio::awaitable<result<std::vector<std::string>>> poller::list_suites() {
    return take_turn(list_name{}, source_.list_suites());
}

} // namespace runwatch
