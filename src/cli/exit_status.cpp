#include "cli/exit_status.hpp"

#include <algorithm>
#include <array>

namespace runwatch::cli {
namespace {

/// The first of several causes wins.
constexpr std::array precedence{exit_status::unwatchable, exit_status::unreachable, exit_status::timed_out,
                                exit_status::error, exit_status::failed};

bool is_verdict(outcome ended) {
    return ended == outcome::passed || ended == outcome::failed || ended == outcome::error;
}

bool is_over(standing const& run) { return run.ended != outcome::unfinished; }

/// A run that cannot be watched is no end that `any` waits for, but it surely did not pass.
bool ends_early(standing const& run, wait_mode mode) {
    switch (mode) {
    case wait_mode::any:
        return is_verdict(run.ended);
    case wait_mode::fail_fast:
        return is_over(run) && run.ended != outcome::passed;
    case wait_mode::all:
        break;
    }
    return false;
}

exit_status status_of(standing const& run) {
    switch (run.ended) {
    case outcome::passed:
        return exit_status::passed;
    case outcome::failed:
        return exit_status::failed;
    case outcome::error:
        return exit_status::error;
    case outcome::unwatchable:
        return exit_status::unwatchable;
    case outcome::timed_out:
    case outcome::unfinished:
        break;
    }
    return run.last_look_failed ? exit_status::unreachable : exit_status::timed_out;
}

} // namespace

bool is_decided(std::span<standing const> runs, wait_mode mode) {
    return std::ranges::all_of(runs, is_over) ||
           std::ranges::any_of(runs, [mode](auto const& run) { return ends_early(run, mode); });
}

exit_status judge(std::span<standing const> runs, wait_mode mode) {
    if (runs.empty())
        return exit_status::unwatchable;
    auto const early = std::ranges::any_of(runs, [mode](auto const& run) { return ends_early(run, mode); });
    auto const counts = [early, mode](standing const& run) {
        return !early || (mode == wait_mode::any ? is_verdict(run.ended) : is_over(run));
    };
    for (auto const status : precedence)
        if (std::ranges::any_of(runs, [&](auto const& run) { return counts(run) && status_of(run) == status; }))
            return status;
    return exit_status::passed;
}

} // namespace runwatch::cli
