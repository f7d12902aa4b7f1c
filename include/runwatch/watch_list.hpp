#pragma once

#include "runwatch/list_habit.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/watch.hpp"

#include <boost/intrusive/set.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace runwatch {

struct run_group;
struct watched_test;
struct watched_suite_run;

using due_hook = boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>>;

/// How many runs are watched, by the status that the API last gave them.
struct watched_counts {
    std::size_t pending = 0;
    std::size_t starting = 0;
    std::size_t running = 0;
    /// A status that the API's description does not list.
    std::size_t other = 0;
    /// No look has succeeded yet.
    std::size_t unseen = 0;
};

/// One run in a watch_list.
struct watched_item : due_hook {
    watch_progress progress;
    std::string run_id;
    instant due;
    /// Never null.
    watched_test* test = nullptr;
    /// Null unless it is known to belong to one.
    watched_suite_run* suite_run = nullptr;
    /// Where it waits; null while it is looked at by itself.
    run_group* waits_in = nullptr;
    /// The last sweep of its group that it is not looked for in.
    std::uint32_t past_sweep = 0;
    /// Nobody watches it any more, but the look at it goes on.
    bool let_go = false;

    run_key key() const;
    watched_run run() const;
};

/// Orders runs by when they are due, and groups by the first of theirs.
struct earlier {
    bool operator()(watched_item const& a, watched_item const& b) const { return a.due < b.due; }

    bool operator()(run_group const& a, run_group const& b) const;
};

/// Runs that one list request may show together.
struct run_group : due_hook {
    /// Those that wait here, in order of when they are due; of equal ones who came first.
    boost::intrusive::multiset<watched_item, boost::intrusive::compare<earlier>> waiting;
    /// How many runs belong to it, wherever they wait.
    std::size_t members = 0;
    list_habit habit;
    /// Counts the sweeps: each looks in the list, page by page, for all runs that are due by a time.
    std::uint32_t sweep = 0;
    instant swept_until = instant::min();
    /// The next page of the sweep under way; 0 if there is none.
    std::size_t next_page = 0;
    /// Its list is being read, and none of its runs is looked at meanwhile.
    bool set_aside = false;

    run_group() = default;
    run_group(run_group const&) = delete;
    run_group& operator=(run_group const&) = delete;
    virtual ~run_group() = default;

    /// What to ask the API for; nothing while that is not known.
    virtual std::optional<run_list> list() const = 0;

    /// What its list was to tell beside the state of its runs has not been told, and may be asked again.
    virtual void forget_errands() = 0;

    /// How many of the runs that wait are due until then; counts no further than `most`.
    std::size_t count_due(instant until, std::size_t most) const;

    /// Begins a sweep for all runs that wait here and are due until then.
    void begin_sweep(instant until);

    /// Tells whether a run that waits here has been looked for by the last sweep and was not shown, so far.
    bool is_missing(watched_item const& item) const;

    /// How many runs are missing; counts no further than `most`.
    std::size_t count_missing(std::size_t most) const;
};

/// All runs of one test.
struct watched_test : run_group {
    std::string id;
    /// The API was asked what it knows of the test, or is about to be.
    bool described = false;
    /// The suite that the test is in; empty unless it is known to be in one.
    std::string suite;
    /// Its list is about to be read for how long its finished runs took, and has been.
    bool past_asked = false;
    bool past_learned = false;

    std::optional<run_list> list() const override;

    void forget_errands() override { past_asked = past_learned; }
};

/// All runs of one run of a suite.
struct watched_suite_run : run_group {
    std::string id;
    /// Empty while it is not known.
    std::string suite;
    /// Its list was read, or is about to be, for which runs belong to it.
    bool members_read = false;

    std::optional<run_list> list() const override;

    void forget_errands() override { members_read = false; }
};

/// All runs that are watched, in order of when each is due.
///
/// Made for a hundred thousand of them: a run is one block of memory, its ids are kept once, and every step costs the
/// logarithm of their number. Each run waits in one group, that of its test or that of its suite run; the groups are
/// ordered by the run of theirs that is due first. Not thread-safe.
class watch_list {
public:
    watch_list() = default;
    watch_list(watch_list const&) = delete;
    watch_list& operator=(watch_list const&) = delete;
    ~watch_list();

    /// Adds a run that is to be looked at when it is due. One that is there already stays as it is.
    void add(watched_run run, instant due);

    /// The run that is watched under this key; null if none is.
    watched_item* find(run_key const& key);

    /// The group whose first run is due first, of those that are not set aside; null if nothing waits in any.
    run_group* first();

    /// When that run is due; instant::max() if there is none.
    instant earliest() const { return order_.empty() ? instant::max() : order_.begin()->waiting.begin()->due; }

    /// Takes a run out of its order, for a look of its own.
    void take(watched_item& item);

    /// Puts a run in order, one that was taken or one that waits; in the group by which more can be looked at together.
    void put(watched_item& item, instant due);

    /// Makes a run that waits due now and sees to it that it is fetched by itself.
    void single_out(watched_item& item, instant now);

    /// Lets go of a run. One that was taken is kept until free().
    void remove(watched_item& item);

    /// Ends a run that was let go while it was taken.
    void free(watched_item& item);

    /// Keeps what a look has brought to know.
    void update(watched_item& item, watch_progress now_known);

    /// Notes to which suite run a run belongs; empty for none.
    void join(watched_item& item, std::string const& suite_run_id);

    /// Keeps a group from being first, until it is brought back: groups that are set aside are not freed.
    void set_aside(run_group& group);
    void bring_back(run_group& group);

    /// Lets go of all runs that wait.
    void clear();

    /// Makes all runs that wait due then.
    void hasten(instant due);

    /// The keys of all runs that wait, or of all that are looked at: those taken, and those whose list is being read.
    std::vector<run_key> keys(bool taken) const;

    /// The test that runs of this id are of; null unless one is watched.
    watched_test* find_test(std::string const& id);

    /// The suite run of this id that watched runs are known to belong to; null if none is.
    watched_suite_run* find_suite_run(std::string const& id);

    /// The runs that are watched.
    std::size_t size() const { return items_.size(); }

    /// How many they are by their status. Goes through all of them: of a hundred thousand that takes milliseconds.
    watched_counts count_by_status() const;

    /// Tests with a run here, be it one that was let go and not freed.
    std::size_t tests() const { return tests_.size(); }

    /// Those of them that no look has succeeded at yet.
    std::size_t unseen() const { return unseen_; }

private:
    /// Finds runs by their key.
    struct same_key {
        using is_transparent = void;
        std::size_t operator()(std::unique_ptr<watched_item> const& item) const;
        std::size_t operator()(run_key const& key) const;
        bool operator()(std::unique_ptr<watched_item> const& a, std::unique_ptr<watched_item> const& b) const;
        bool operator()(run_key const& key, std::unique_ptr<watched_item> const& item) const;
        bool operator()(std::unique_ptr<watched_item> const& item, run_key const& key) const;
    };

    watched_test& test_of(std::string const& id);
    void unlink_all();
    void leave(watched_item& item);
    void reorder(run_group& group);
    void release(watched_item& item);
    void collect(watched_test& test);
    void collect(watched_suite_run& suite_run);

    /// By their ids as they are written: whether other spellings are the same to the API, is not ours to guess.
    std::unordered_map<std::string, std::unique_ptr<watched_test>> tests_;
    std::unordered_map<std::string, std::unique_ptr<watched_suite_run>> suite_runs_;
    std::unordered_set<std::unique_ptr<watched_item>, same_key, same_key> items_;
    /// Let go while taken.
    std::vector<std::unique_ptr<watched_item>> leaving_;
    /// Those with a run that waits, unless they are set aside.
    boost::intrusive::multiset<run_group, boost::intrusive::compare<earlier>> order_;
    std::size_t unseen_ = 0;
};

} // namespace runwatch
