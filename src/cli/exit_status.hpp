#pragma once

#include "runwatch/watch.hpp"

#include <span>

namespace runwatch::cli {

/// What a command says by its exit status. The numbers are a promise: CI systems act on them.
enum class exit_status {
    passed = 0,
    failed = 1,
    error = 2,
    /// The verdict is known, but an output that was asked for could not be written.
    not_delivered = 3,
    unwatchable = 4,
    /// The deadline came, and some unfinished run's last answer was no success.
    unreachable = 5,
    usage = 64,
    config = 78,
    timed_out = 124,
    interrupted = 130,
    terminated = 143,
};

/// What a wait is for.
enum class wait_mode {
    /// The end of every run.
    all,
    /// The first run that ends.
    any,
    /// The first run that does not pass, or the end of every run.
    fail_fast,
};

/// How one run stands, as far as the exit status goes.
struct standing {
    outcome ended = outcome::unfinished;
    /// The last look at it failed.
    bool last_look_failed = false;
};

/// Tells whether a wait need not go on: every run has ended, or what the mode waits for has happened.
bool is_decided(std::span<standing const> runs, wait_mode mode);

/// The exit status of a wait: with several causes the first of 4, 5, 124, 2, 1. A wait that its mode ended early
/// judges only the runs that ended. No run at all cannot be watched.
exit_status judge(std::span<standing const> runs, wait_mode mode);

} // namespace runwatch::cli
