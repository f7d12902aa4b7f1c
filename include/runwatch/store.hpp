#pragma once

#include "runwatch/state_records.hpp"
#include "runwatch/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch {

/// The state file cannot be used: locked by another daemon, corrupt, newer than this program, on a full disk. The
/// message says which and what to do.
class state_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The state of a daemon in one SQLite file.
///
/// Every function but the constructor returns once its transaction is on the disk. A thread of the store's own runs
/// them; everything that waits when a transaction starts goes into it. Functions may be called while others are under
/// way, from the loop thread alone. They cannot be cancelled, as they are short; but a coroutine that was cancelled
/// before gets operation_aborted from the call, and nothing is done: what must be written all the same needs
/// reset_cancellation_state() or throw_if_cancelled(false) first. A transaction that fails (a full disk) throws
/// state_error from all that were in it, and nothing of it has happened: try again later.
class store {
public:
    struct options {
        /// A file, or `:memory:`.
        std::string path;
        /// How long settled results and deliveries are kept.
        duration keep = std::chrono::hours{24 * 30};
    };

    /// Decides which sinks a result goes to; its `previous` is known by then. Called on the store's thread: pure.
    using router = std::function<std::vector<std::string>(run_result const& result, watch_record const& watch)>;

    /// Opens the file, makes it if there is none, and brings an older one up to date. Takes a lock on `PATH.lock`
    /// that a second daemon is refused by; its message names the pid of the first. Throws state_error, and leaves a
    /// file that is corrupt or newer untouched.
    store(boost::asio::any_io_executor loop, options settings);

    /// Finishes what is under way and closes the file.
    ~store();

    store(store const&) = delete;
    store& operator=(store const&) = delete;

    /// Says which sinks there are now. What others are owed becomes orphaned; what a returning one of the same name and
    /// type is owed becomes pending, due at `now`.
    boost::asio::awaitable<void> set_sinks(std::vector<sink_identity> sinks, timestamp now);

    /// Adds watches, or merges them with what is known of the run: labels by origin, sinks united (empty stays every
    /// sink), the first first_seen_at. Of the same origin the later call's labels win, and what the config says in one
    /// call replaces what it said before. Runs that were already reported, also long ago, are left out; and of those
    /// that following found, what unwatch() ended by hand. Returns the watches that are now in force among these, each
    /// once, with the strongest of its origins.
    boost::asio::awaitable<std::vector<watch_record>> watch(std::vector<watch_record> watches);

    /// Takes in what following has found in a list. Adds watches as watch() does. A run that has a result already and
    /// is found in this list for the first time gets the deliveries for which `route` names a sink and there is none
    /// yet, due at the watch's first_seen_at; the result stays as it is. No delivery comes of a list that adopt()
    /// did not name.
    boost::asio::awaitable<discovered_runs> discover(found_runs found, router route);

    /// Ends watches without a result; with an origin only what that origin wants of them, so that a watch which another
    /// origin wants too goes on. Without one that is by hand: following does not bring such a run back, but the config
    /// and the API can. Returns the runs that nobody watches any more.
    boost::asio::awaitable<std::vector<run_key>> unwatch(std::vector<run_key> keys,
                                                         std::optional<watch_origin> origin = std::nullopt);

    /// Puts a config's sinks, watches and follows in force, all or nothing: set_sinks(), watch() of what the config
    /// names, and unwatch() of what it wanted before and names no more. What is followed for the first time, or again,
    /// is so from `now` on.
    boost::asio::awaitable<adopted_config> adopt(std::vector<sink_identity> sinks, std::vector<watch_record> watches,
                                                 std::vector<followed_list> follows, timestamp now);

    /// Keeps since when something is followed, unless it is not any more.
    boost::asio::awaitable<void> note_follow(follow_record follow);

    /// As watch(), and tells which of the runs were reported before.
    boost::asio::awaitable<added_watches> add_watches(std::vector<watch_record> watches);

    /// As unwatch() of one run with an origin, if that wants it; tells what is left.
    boost::asio::awaitable<removed_watch> take_back(run_key key, watch_origin origin);

    /// All watches in force.
    boost::asio::awaitable<std::vector<watch_record>> watched();

    /// A page of them.
    boost::asio::awaitable<watch_page> watched(watch_query query);

    /// The watch of a run, if there is one.
    boost::asio::awaitable<std::optional<watch_record>> watch_of(run_key key);

    /// Writes down what was found, all or nothing: that runs have another status, for `explain`; how long runs took, of
    /// which the newest durations_worth_keeping of each test are kept; and results. Ends the watch of each run with its
    /// result and one pending delivery, due at once, for each sink that `route` names. A result whose id is known is
    /// passed over. `previous` of each result is filled in: the newest earlier result of the same test with a verdict;
    /// so are labels of the watch that the result lacks. The run's logs are cut at 1 MiB, with a mark. What a sink is
    /// owed that set_sinks() did not name is orphaned. Returns, of each sink that now is owed something new, the first
    /// of it, in the order of the sinks' names. Throws what `route` throws.
    boost::asio::awaitable<std::vector<owed_delivery>> record(findings found, router route);

    /// The pending deliveries of a sink that are due at `now`, in this order and then that of their detection, at most
    /// `limit`, without those in `except`. None of a stopped sink.
    boost::asio::awaitable<std::vector<owed_delivery>> due(std::string sink, timestamp now, std::size_t limit,
                                                           std::vector<std::int64_t> except,
                                                           due_order order = due_order::earliest);

    /// When the next pending delivery of a sink is due, of those not in `except`; nothing if there is none, or if the
    /// sink is stopped.
    boost::asio::awaitable<std::optional<timestamp>> next_due(std::string sink, std::vector<std::int64_t> except);

    /// The ids of all results that a sink is still owed (pending).
    boost::asio::awaitable<std::vector<std::string>> owed(std::string sink);

    /// Writes down what came of attempts, and each attempt for `explain`: the newest hundred of each delivery. A
    /// delivery that was settled, dropped or orphaned while the attempt was under way stays so, unless the sink took
    /// it.
    boost::asio::awaitable<void> settle(std::vector<settled_delivery> settled);

    /// Marks the pending deliveries of these result ids as delivered: the sink was found to have them.
    boost::asio::awaitable<void> mark_delivered(std::string sink, std::vector<std::string> result_ids, timestamp at);

    /// Makes all pending deliveries of a sink due at `now`: it works again.
    boost::asio::awaitable<void> hurry(std::string sink, timestamp now);

    /// Stops a sink for good, with the reason (a 410), until enable_sink().
    boost::asio::awaitable<void> stop_sink(std::string sink, std::string why);

    /// Lifts the stop of a sink; all that it is owed is due at `now`. Leaves one that is not stopped as it is.
    boost::asio::awaitable<void> enable_sink(std::string sink, timestamp now);

    /// The stopped sinks and why.
    boost::asio::awaitable<std::map<std::string, std::string>> stopped_sinks();

    /// The deliveries that are meant, the earliest recorded first.
    boost::asio::awaitable<std::vector<listed_delivery>> deliveries(delivery_filter filter);

    /// A page of them, behind the one with this id, at most `limit`.
    boost::asio::awaitable<delivery_page> deliveries(delivery_filter filter, std::int64_t behind, std::size_t limit);

    /// A page of results. Looks through so few rows that nobody waits long behind it.
    boost::asio::awaitable<result_page> results(result_query query);

    /// The result with this id, as result_id() makes it, if it is kept.
    boost::asio::awaitable<std::optional<run_result>> find_result(std::string id);

    /// What lies behind a place among the results.
    boost::asio::awaitable<result_span> results_behind(std::int64_t place);

    /// All that is known of one run.
    boost::asio::awaitable<run_history> history(run_key key);

    /// Every sink that is in the config or that something refers to, in the order of their names.
    boost::asio::awaitable<std::vector<known_sink>> sinks();

    /// How many deliveries are pending, dead or orphaned, for each sink that has any. Cheap: it looks at no others.
    boost::asio::awaitable<std::vector<delivery_count>> count_unsettled();

    /// How many deliveries are pending, over all sinks. Cheaper still: it reads an index alone.
    boost::asio::awaitable<std::size_t> count_pending();

    /// Makes pending and dead deliveries due at `now`, the attempts of dead ones counted anew; returns how many. Those
    /// of a sink that has left the config stay dead.
    boost::asio::awaitable<std::size_t> retry(delivery_filter filter, timestamp now);

    /// Ends deliveries that are pending, dead or orphaned for good; returns how many.
    boost::asio::awaitable<std::size_t> drop(delivery_filter filter);

    /// Removes results whose deliveries were all settled (delivered or dropped) longer ago than options::keep, with
    /// these and the status changes; returns how many. Of each a tombstone stays, so that the run is never reported
    /// again and its verdict can still be the `previous` of another.
    boost::asio::awaitable<std::size_t> prune(timestamp now);

    /// What prune() goes by from now on, instead of options::keep.
    void set_keep(duration keep) { keep_ = keep; }

    /// Keeps what a reload came to, under a number one higher than the last, for who asked for it, and returns it.
    boost::asio::awaitable<reload_note> note_reload(std::string problem);

    /// What the last reload came to; generation 0 before the first.
    boost::asio::awaitable<reload_note> last_reload();

    /// How long runs of each test took, in the order in which they began, by the test's id in lower case.
    boost::asio::awaitable<std::map<std::string, std::vector<observed_duration>>> learned();

    /// Tells whether somebody else may have written to the file since the last call, as a state_editor does; true the
    /// first time. Cheap.
    boost::asio::awaitable<bool> changed_by_others();

    /// How many transactions have been written since the start; fewer than the calls, as they are grouped.
    std::uint64_t commits() const;

private:
    class thread;
    duration keep_;
    /// What SQLite last said of the file's version.
    std::int64_t data_version_ = 0;
    std::unique_ptr<thread> thread_;
};

/// Reads a state file beside the daemon that owns it, or without one: for `deliveries list`, `explain` and `reload`.
/// Creates and changes nothing; to read is right enough. Throws state_error from every function but owner().
class state_reader {
public:
    /// A file that has been there before.
    explicit state_reader(std::string path);

    std::vector<listed_delivery> deliveries(delivery_filter const& filter) const;
    std::vector<delivery_count> count_unsettled() const;
    /// In the order of their names; a name that had several types is there with each.
    std::vector<known_sink> sinks() const;
    run_history history(run_key const& key) const;
    reload_note last_reload() const;

    /// The pid of the daemon that holds the file's lock, 0 if it is just starting; nothing if none does.
    std::optional<int> owner() const;

private:
    std::string path_;
};

/// Changes what a state file says of deliveries and sinks, beside the daemon that owns it or without one.
///
/// Needs no lock: SQLite keeps the two apart, and a daemon learns of it by store::changed_by_others(). Each function is
/// one transaction, on the disk when it returns. Blocks, up to 5 s where another transaction is under way. Never makes
/// a file and never migrates one. Throws state_error.
class state_editor {
public:
    /// A file that has been there before.
    explicit state_editor(std::string path) : path_(std::move(path)) {}

    /// As store::retry().
    std::size_t retry(delivery_filter const& filter, timestamp now) const;

    /// As store::drop().
    std::size_t drop(delivery_filter const& filter) const;

    /// Lifts the stop of a sink; all that it is owed is due at `now`. Returns why it was stopped; nothing if it was
    /// not, and then nothing is changed.
    std::optional<std::string> enable_sink(std::string const& sink, timestamp now) const;

private:
    std::string path_;
};

/// Throws state_error unless a store could open the file now, or make it if there is none: for this user, and whoever
/// else has it open. Reads the whole file, but creates and changes nothing.
void check_state_file(std::string const& path);

} // namespace runwatch
