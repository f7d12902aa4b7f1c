#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/follower.hpp"
#include "runwatch/poller.hpp"
#include "runwatch/store.hpp"
#include "runwatch/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace runwatch {

/// One entry of `follow:` at work: a follower of a test or a suite, or one for each suite that there is, as they come
/// and go. Loop thread only.
class followed_entry {
public:
    /// All but the settings must outlive the entry.
    followed_entry(boost::asio::any_io_executor const& executor, clock& clock, poller& poller, store& store,
                   store::router const& route, follow_entry settings, follow_start start,
                   follower::listener const& tell);

    followed_entry(followed_entry const&) = delete;
    followed_entry& operator=(followed_entry const&) = delete;

    /// Follows until closed. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> run();

    /// Begins nothing more.
    void close();

    bool is_closed() const { return closed_; }

    /// Looks at once at all of every list; or only where something is wrong.
    void start_over(bool everywhere);

    /// Leaves these suites to entries of their own.
    void leave_out(std::set<std::string> suites);

    follow_entry const& settings() const { return settings_; }

    follow_start const& start() const { return start_; }

    /// See follower::is_idle(); of all suites, also their names have been read.
    bool is_idle() const;

    /// How each of its lists goes; of all suites, the list of their names comes first.
    std::vector<follow_status> status() const;

private:
    /// The follower of one list.
    struct one_list {
        one_list(clock& clock, poller& poller, store& store, store::router const& route, follow_plan plan,
                 follow_start& start, follower::listener const& tell)
            : following(clock, poller, store, route, std::move(plan), start, tell) {}

        follower following;
        bool closed = false;
        /// How often in a row its suite was not among those that there are.
        unsigned missed = 0;
    };

    using lists = std::list<one_list>;

    bool is_of_all_suites() const { return settings_.suite == "*"; }

    void add(run_list what);
    void close(one_list& which) const;
    boost::asio::awaitable<void> serve(lists::iterator mine);
    boost::asio::awaitable<void> read_suites();
    void adopt(std::vector<std::string> const& suites);

    clock& clock_;
    poller& poller_;
    store& store_;
    store::router const& route_;
    follow_entry settings_;
    follow_start start_;
    follower::listener const& listener_;
    task_group tasks_;
    lists lists_;
    std::set<std::string> left_out_;
    /// Of the list of all suites.
    follow_status suites_status_;
    std::unique_ptr<alarm> alarm_;
    bool hurried_ = false;
    bool closed_ = false;
};

} // namespace runwatch
