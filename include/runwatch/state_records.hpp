#pragma once

#include "runwatch/follow_record.hpp"
#include "runwatch/run_result.hpp"
#include "runwatch/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// Who wants a run to be watched. A later one in this list overrides the labels of an earlier one.
enum class watch_origin { follow, config, api };

/// Spells an origin as the enumerator is spelt.
std::string_view to_string(watch_origin origin);

/// A watch as it survives a restart.
struct watch_record {
    run_key key;
    std::map<std::string, std::string> labels;
    /// The names of the sinks that its result goes to; empty for every sink.
    std::vector<std::string> sinks;
    watch_origin origin = watch_origin::config;
    timestamp first_seen_at;
    /// The API's last word for the status; empty before the first success.
    std::string status_text;
};

/// A run's status became another one.
struct status_change {
    run_key key;
    timestamp at;
    std::string status_text;
};

/// How long a run of a test took, for the schedule of the test.
struct learned_duration {
    std::string test_id;
    observed_duration taken;
};

/// What polling has found out.
struct findings {
    std::vector<status_change> changes;
    std::vector<learned_duration> durations;
    std::vector<run_result> results;
};

/// A sink as the config names it.
struct sink_identity {
    std::string name;
    std::string type;
};

enum class delivery_state {
    /// Due at a time.
    pending,
    /// Taken by the sink.
    delivered,
    /// Given up after the last retry or a permanent refusal; kept until it is sent again or dropped.
    dead,
    /// Its sink has left the config; due again when a sink of that name and type returns.
    orphaned,
    /// Ended by hand; kept for `explain`.
    dropped,
};

/// Spells a state as people and the state file do.
std::string_view to_string(delivery_state state);

/// One result that one sink is owed.
struct owed_delivery {
    std::int64_t id = 0;
    std::string sink;
    run_result result;
    /// Attempts made so far.
    unsigned attempts = 0;
    timestamp due;
    /// When the delivery first came to be owed.
    timestamp owed_since;
};

/// A sink as the state knows it.
struct known_sink {
    std::string name;
    /// Empty if no config has named the sink yet.
    std::string type;
    /// It has not left the config, as far as the daemon that looked last knows.
    bool in_config = false;
    /// Why nothing is sent there any more; unset unless it is stopped.
    std::optional<std::string> stopped_why;
};

/// Which of the deliveries that are due come first.
enum class due_order {
    /// Those that have been due the longest.
    earliest,
    /// Those that were attempted least.
    fewest_attempts,
};

/// What came of one attempt.
struct settled_delivery {
    std::int64_t id = 0;
    delivery_state state = delivery_state::pending;
    timestamp at;
    /// When it is due again; for pending alone.
    timestamp due;
    /// Why the attempt failed; empty if it did not.
    std::string error;
};

/// A delivery as it is listed for people.
struct listed_delivery {
    std::int64_t id = 0;
    std::string sink;
    delivery_state state = delivery_state::pending;
    run_key key;
    std::string result_id;
    std::string result_type;
    unsigned attempts = 0;
    timestamp owed_since;
    timestamp due;
    std::string error;
};

/// How many deliveries of one sink are in one state.
struct delivery_count {
    std::string sink;
    delivery_state state = delivery_state::pending;
    std::size_t count = 0;
    /// Since when the oldest of them has been owed.
    timestamp oldest_owed_since;
};

/// What the state is like once a config was put in force.
struct adopted_config {
    /// All watches in force.
    std::vector<watch_record> watched;
    /// The runs that nobody watches any more, as the config named them and does not now.
    std::vector<run_key> ended;
    /// The stopped sinks and why.
    std::map<std::string, std::string> stopped;
    /// All that is followed, in the order in which the config names it.
    std::vector<follow_record> follows;
};

/// Which deliveries are meant; what is empty or unset limits nothing.
struct delivery_filter {
    std::string sink;
    std::vector<delivery_state> states;
    std::vector<std::int64_t> ids;
};

/// What a reload came to.
struct reload_note {
    std::int64_t generation = 0;
    /// Empty if the new config is in force.
    std::string problem;
};

/// One attempt at a delivery.
struct delivery_attempt {
    std::int64_t delivery_id = 0;
    std::string sink;
    timestamp at;
    /// What came of it.
    delivery_state state = delivery_state::pending;
    /// Why it failed; empty if it did not.
    std::string error;
};

/// All that the state knows of one run.
struct run_history {
    /// While it is watched.
    std::optional<watch_record> watch;
    std::vector<status_change> changes;
    /// Once it has ended, until it is pruned.
    std::optional<run_result> result;
    std::vector<listed_delivery> deliveries;
    std::vector<delivery_attempt> attempts;
    /// When it ended, if its result has been pruned.
    std::optional<timestamp> pruned_result_at;
};

/// Which results are meant, and from where on; what is empty or unset limits nothing.
struct result_query {
    std::vector<outcome> ended;
    std::string test_id;
    /// Detected then or later.
    std::optional<timestamp> since;
    /// Detected before.
    std::optional<timestamp> until;
    /// Behind the one with this place.
    std::optional<std::int64_t> behind;
    /// The earliest recorded first, instead of the newest.
    bool ascending = false;
    std::size_t limit = 100;
    /// The page ends, but not before its first, where the API's objects would be longer together.
    std::size_t max_bytes = std::size_t{4} * 1024 * 1024;
};

/// A result with its place among all that this state has ever seen: the later it was recorded, the greater.
struct placed_result {
    std::int64_t place = 0;
    run_result result;
};

/// One page of results. It may hold fewer than were asked for, or none, while there is more.
struct result_page {
    std::vector<placed_result> results;
    /// Where the next page begins behind.
    std::int64_t reached = 0;
    bool more = false;
};

/// One page of deliveries, likewise.
struct delivery_page {
    std::vector<listed_delivery> deliveries;
    /// The id that the next page begins behind.
    std::int64_t reached = 0;
    bool more = false;
};

/// Which watches are meant, and from where on; what is empty limits nothing.
struct watch_query {
    std::string test_id;
    /// Behind the run with this canonical() key.
    std::string behind;
    std::size_t limit = 100;
};

/// One page of watches, in the order of their canonical keys.
struct watch_page {
    std::vector<watch_record> watches;
    bool more = false;
};

/// A run whose result was recorded before.
struct reported_run {
    run_key key;
    /// Empty if the result has been pruned.
    std::string result_id;
};

/// What became of runs that somebody wanted to be watched.
struct added_watches {
    /// Those that are in force now, as store::watch() returns them.
    std::vector<watch_record> watched;
    std::vector<reported_run> reported;
};

/// What following has found in a list.
struct found_runs {
    followed_list list;
    /// Results that were detected before are none of the list's, by our clock.
    timestamp since;
    /// The runs that it shows and that are no history, as they are to be watched.
    std::vector<watch_record> watches;
};

/// What became of them.
struct discovered_runs {
    /// Those that nobody watched before, each once.
    std::vector<run_key> fresh;
    /// Of each sink that now is owed a result that was there before, the first of it.
    std::vector<owed_delivery> first_owed;
};

/// What became of the wish of one origin for a run.
struct removed_watch {
    /// That origin wanted it.
    bool removed = false;
    /// What others want of the run, or want alone; nothing if nobody watches it any more.
    std::optional<watch_record> watch;
};

/// What lies between a place among the results and the newest.
struct result_span {
    /// The place of the newest result that was ever recorded; 0 before the first.
    std::int64_t newest = 0;
    /// Results behind the place have been pruned.
    bool has_gaps = false;
};

} // namespace runwatch
