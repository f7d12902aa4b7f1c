#pragma once

#include "cli/terminal.hpp"
#include "cli/watch_row.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/learned_schedules.hpp"
#include "runwatch/time.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace runwatch::cli {

/// Tells people on standard error how a wait goes on; results are not its business.
class progress {
public:
    virtual ~progress() = default;

    /// A look was taken at a run; `row` is as it stands after it. `failed` is null if the look succeeded.
    virtual void looked(watch_row const& row, step const& step, failure const* failed) = 0;

    /// A run was started.
    virtual void started(watch_row const& row);

    /// Says something beside the runs, on a line of its own.
    virtual void note(std::string const& text) = 0;

    /// Time has passed: it is called every interval().
    virtual void tick() = 0;

    /// How often tick() is wanted; zero for never.
    virtual duration interval() const = 0;

    /// The terminal has another size.
    virtual void resized() {}

    /// The wait is over: leaves the terminal as a shell expects it.
    virtual void finish() {}
};

/// What all kinds of progress look at: the rows, in the order in which the runs were named, and the time.
struct watch_view {
    std::vector<watch_row> const& rows;
    clock const& time;
    instant started;
    /// How long the runs of each test usually take.
    learned_schedules& schedules;
};

/// Says nothing but notes.
std::unique_ptr<progress> make_quiet_progress(output& to);

/// A line for each change, and one every `heartbeat` (zero for never).
std::unique_ptr<progress> make_line_progress(output& to, watch_view view, duration heartbeat);

/// One line a run, redrawn in place on the terminal that `to` is.
std::unique_ptr<progress> make_live_view(output& to, int descriptor, watch_view view);

/// How long a run usually takes, for people: `usually 80 to 110 s`, `usually 2 m 5 s to 3 m`. Empty if that is not
/// known.
std::string usual_text(learned_schedules& schedules, run_key const& run);

/// How many runs of each kind there are: `2 of 6 ended: 1 passed, 1 failed; 4 running`.
std::string tally(std::span<watch_row const> rows);

} // namespace runwatch::cli
