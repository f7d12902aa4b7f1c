#include "net/deadlines.hpp"

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <utility>

namespace runwatch {

deadline::deadline(deadlines& all, std::function<void()> act) : all_(all), act_(std::move(act)) {}

void deadline::set(time until) {
    lift();
    until_ = until;
    all_.add(*this);
}

void deadline::lift() {
    if (in_force_)
        all_.remove(*this);
    passed_ = false;
}

deadlines::deadlines(boost::asio::any_io_executor const& executor)
    : timer_(executor), self_(std::make_shared<deadlines*>(this)) {}

deadlines::~deadlines() { *self_ = nullptr; }

void deadlines::add(deadline& which) {
    which.in_force_ = true;
    which.place_ = in_force_.size();
    in_force_.push_back(&which);
    // One that rings too early finds nothing to do, and is set anew.
    if (which.until_ < rings_at_)
        arm(which.until_);
}

void deadlines::remove(deadline& which) {
    which.in_force_ = false;
    auto* const last = in_force_.back();
    last->place_ = which.place_;
    in_force_[which.place_] = last;
    in_force_.pop_back();
    if (!in_force_.empty())
        return;
    timer_.cancel();
    rings_at_ = deadline::time::max();
}

void deadlines::arm(deadline::time until) {
    rings_at_ = until;
    timer_.expires_at(until);
    timer_.async_wait([self = self_, until](boost::system::error_code cancelled) {
        auto* const all = *self;
        // It may have been set anew while this call was under way.
        if (!cancelled && all != nullptr && all->rings_at_ == until)
            all->act();
    });
}

void deadlines::act() {
    rings_at_ = deadline::time::max();
    auto const now = std::chrono::steady_clock::now();
    std::vector<deadline*> passed;
    std::ranges::copy_if(in_force_, std::back_inserter(passed),
                         [now](auto const* each) { return each->until_ <= now; });
    for (auto* const each : passed) {
        remove(*each);
        each->passed_ = true;
        each->act_();
    }
    if (in_force_.empty())
        return;
    auto const next = std::ranges::min_element(in_force_, {}, [](auto const* each) { return each->until_; });
    arm((*next)->until_);
}

} // namespace runwatch
