#include "app/follows.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using namespace std::chrono_literals;

bool is_same_list(follow_entry const& a, follow_entry const& b) {
    return same_id(a.test_id, b.test_id) && a.suite == b.suite;
}

} // namespace

follows::follows(asio::any_io_executor executor, clock& clock, poller& poller, store& store, event_log& events,
                 recorder& recorder, listener tell)
    : executor_(std::move(executor)),
      clock_(clock),
      poller_(poller),
      store_(store),
      events_(events),
      route_(recorder.router()),
      tasks_(executor_) {
    listener_.asked = [this, asked = std::move(tell.asked)](follow_status const& status,
                                                            std::optional<failure> const& failed, duration wait) {
        events_.followed(status, failed, wait, poller_.is_refused());
        if (!failed || failed->kind != failure_kind::refused || poller_.is_refused())
            asked(failed);
    };
    listener_.found = [this, found = std::move(tell.found)](follow_status const& status, test_run const& seen) {
        events_.found(status, seen);
        found(seen.key);
    };
    listener_.owed = std::move(tell.owed);
    listener_.learned = [&recorder](std::string const& test_id, observed_duration taken) {
        recorder.add(learned_duration{test_id, taken});
    };
    listener_.left = [this](follow_status const& status) { events_.forget_list(status.name); };
    listener_.state_failed = [this](std::string const& error, duration wait) { events_.state_failed(error, wait); };
    listener_.state_works = [this] { events_.state_works(); };
}

void follows::adopt(std::vector<follow_entry> const& wanted, std::vector<follow_record> const& records, timestamp now,
                    bool other_api) {
    // What was begun then, by the clock that never jumps.
    auto const then = clock_.now() - std::clamp<duration>(clock_.utc() - now, 0ms, 1h);
    std::vector<follow_start> starts;
    for (auto const& entry : wanted) {
        auto const* const known = find(entry);
        auto const record = std::ranges::find_if(records, [&](follow_record const& each) {
            return same_id(each.list.test_id, entry.test_id) && each.list.suite == entry.suite;
        });
        if (known != nullptr)
            starts.push_back(known->start());
        else if (record != records.end())
            starts.emplace_back(*record, record->began == now ? std::optional{then} : std::nullopt);
        else
            starts.emplace_back();
    }
    for (auto& each : entries_) {
        auto const stays = std::ranges::find(wanted, each.settings()) != wanted.end();
        if (!stays && !each.is_closed())
            each.close();
        else
            each.start_over(other_api);
    }
    std::set<std::string> named;
    for (auto const& entry : wanted)
        if (!entry.suite.empty())
            named.insert(entry.suite);
    for (std::size_t index = 0; index != wanted.size(); ++index)
        if (auto const* const known = find(wanted[index]); known == nullptr) {
            entries_.emplace_back(executor_, clock_, poller_, store_, route_, wanted[index], starts[index], listener_);
            entries_.back().leave_out(named);
            tasks_.spawn(serve(std::prev(entries_.end())));
        }
    for (auto& each : entries_)
        each.leave_out(named);
}

/// The entry at work that follows the same; null if none does.
followed_entry* follows::find(follow_entry const& wanted) {
    auto const found = std::ranges::find_if(entries_, [&](followed_entry const& each) {
        return !each.is_closed() && is_same_list(each.settings(), wanted);
    });
    return found == entries_.end() ? nullptr : &*found;
}

asio::awaitable<void> follows::serve(entries::iterator mine) {
    co_await mine->run();
    entries_.erase(mine);
}

void follows::close() {
    for (auto& each : entries_)
        each.close();
    tasks_.close();
}

bool follows::is_idle() const {
    return std::ranges::all_of(entries_, [](auto const& each) { return each.is_closed() || each.is_idle(); });
}

std::vector<follow_status> follows::status() const {
    std::vector<follow_status> all;
    for (auto const& each : entries_)
        if (!each.is_closed())
            std::ranges::move(each.status(), std::back_inserter(all));
    return all;
}

std::vector<followed_list> followed_of(config const& config) {
    std::vector<followed_list> lists;
    for (auto const& entry : config.follow)
        lists.push_back({entry.test_id, entry.suite});
    return lists;
}

} // namespace runwatch
