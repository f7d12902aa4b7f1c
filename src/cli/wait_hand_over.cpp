#include "cli/wait_session.hpp"

#include "runwatch/text.hpp"

#include <utility>

namespace asio = boost::asio;

/// How a wait leaves to a daemon what it does not wait for itself.
namespace runwatch::cli {
namespace {

/// How long a daemon that does not answer is asked again, and how often.
constexpr duration patience_with_daemon{10'000};
constexpr duration between_attempts{500};

} // namespace

/// The runs that nobody has taken over yet, of those that somebody is to.
std::vector<run_key> wait_session::left_over() const {
    std::vector<run_key> runs;
    for (auto const& row : rows_)
        if (!row.result && !handed_over_.contains(row.run.key))
            runs.push_back(row.run.key);
    return runs;
}

/// Hands over what is started as it comes, if that is to be. What a daemon does not take now it is offered at the end.
asio::awaitable<void> wait_session::hand_over_starts() {
    if (heir_ == nullptr || !detached_)
        co_return;
    while (!all_started_) {
        if (left_over().empty()) {
            co_await handing_alarm_->wait_until(instant::max());
            continue;
        }
        auto const trouble = co_await hand_over_all();
        if (!trouble.empty())
            co_return;
    }
}

/// Hands over what is left, and says what nobody watches if that fails.
asio::awaitable<void> wait_session::hand_over_rest() {
    // A run is also left over where the last looks that the deadline brought were all that was still to end.
    auto const by_deadline = how_ == ending::deadline || how_ == ending::all_ended;
    if (heir_ == nullptr || (!detached_ && !by_deadline))
        co_return;
    std::string trouble;
    if (!left_over().empty())
        trouble = co_await hand_over_all();
    if (!handed_over_.empty() && !options_.quiet)
        progress_->note("handed over to the daemon at " + heir_->where() + ": " +
                        counted(handed_over_.size(), "run", "runs"));
    if (trouble.empty())
        co_return;
    progress_->note("the hand-over failed: " + to_printable(trouble, 1'000) +
                    "; nobody watches these now, have them watched with 'runwatch watch add':");
    for (auto const& key : left_over())
        progress_->note("not watched: " + to_printable(key.ref(), 600));
    if (how_ != ending::signal)
        status_ = exit_status::unwatchable;
}

/// Hands over all that is left, asking again for a while if the daemon does not answer. Returns why not all was taken;
/// empty if it was.
asio::awaitable<std::string> wait_session::hand_over_all() {
    auto const end = clock_.now() + patience_with_daemon;
    for (;;) {
        auto ask = [heir = heir_, runs = left_over()] { return heir->give(runs); };
        auto outcome = co_await asking_.run(std::move(ask));
        handed_over_.insert(outcome.taken.begin(), outcome.taken.end());
        if (outcome.reported != 0 && !options_.quiet)
            progress_->note("the daemon has reported " + counted(outcome.reported, "run", "runs") + " of these before");
        auto const next = clock_.now() + between_attempts;
        if (outcome.trouble.empty() || !outcome.may_pass || next > end)
            co_return outcome.trouble;
        co_await handing_alarm_->wait_until(next);
    }
}

} // namespace runwatch::cli
