#pragma once

#include "runwatch/failure.hpp"
#include "runwatch/result.hpp"
#include "runwatch/run.hpp"
#include "runwatch/time.hpp"
#include "runwatch/watch.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// One look at a run, as it is told to people.
struct poll_note {
    run_key key;
    timestamp at;
    /// What kind of failure it was; nothing if the run was seen.
    std::optional<failure_kind> failed;
    /// The run's status as the API says it, if it was seen.
    std::string status_text;
    /// Why it failed.
    std::string error;
    /// When the next look was planned for; nothing if the watch ended with this one.
    std::optional<timestamp> next_at;
};

/// Why the API is not asked at all for a while.
enum class pause_kind {
    /// It refuses the key, or we its certificate; it is probed every minute.
    refused,
    /// It asked for a pause.
    throttled,
    /// Its rate limit is used up.
    used_up,
};

/// Spells the kind as the enumerator is spelt.
std::string_view to_string(pause_kind kind);

struct poll_pause {
    pause_kind why = pause_kind::refused;
    timestamp from;
    /// When it ended, or will end; nothing while that is not known.
    std::optional<timestamp> until;
    std::string reason;
};

/// What is known of how a run was polled.
struct known_polls {
    /// What was before is not known.
    timestamp since;
    /// In their order.
    std::vector<poll_note> polls;
    std::vector<poll_pause> pauses;
};

/// The last looks at all runs and the last pauses between them, in memory alone. Pure: `now` is the only time it knows.
class poll_history {
public:
    /// Keeps as many looks as that.
    explicit poll_history(timestamp now, std::size_t most = 10'000);

    /// A look was taken at a run: what followed from it, what was seen, and for how long a throttled API has asked to
    /// wait.
    void looked(step const& step, result<test_run> const& seen, duration throttled_for, timestamp now);

    /// A request that was no look at a run was answered, or failed: what pauses by that, or goes on.
    void asked(std::optional<failure> const& failed, duration throttled_for, timestamp now);

    /// The API says that it allows no request for so long.
    void limit_is_used_up(duration wait, timestamp now);

    /// What is known of a run, with the pauses that ended at `first_seen` or later.
    known_polls of(run_key const& key, timestamp first_seen) const;

    /// The pause that is going on now, if there is one.
    std::optional<poll_pause> pause_at(timestamp now) const;

private:
    void begin_pause(pause_kind why, timestamp from, std::optional<timestamp> until, std::string reason);
    void end_refusal(timestamp now);

    std::size_t most_;
    timestamp since_;
    std::deque<poll_note> polls_;
    std::deque<poll_pause> pauses_;
};

} // namespace runwatch
