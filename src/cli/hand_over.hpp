#pragma once

#include "cli/control_client.hpp"
#include "runwatch/run.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace runwatch::cli {

/// The daemon that runs are to be left to cannot take them; the message says why and what to do.
class hand_over_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What came of an attempt to leave runs to a daemon.
struct handed_over {
    /// The daemon answers for these.
    std::vector<run_key> taken;
    /// How many of them it had reported before, and does not report again.
    std::size_t reported = 0;
    /// Why it did not take the others; empty if there are none.
    std::string trouble;
    /// The next attempt may have more luck, as when the daemon is just being restarted.
    bool may_pass = false;
};

/// Leaves runs to a running daemon, which then watches them and delivers their results to its sinks.
class hand_over {
public:
    /// How long one request may take.
    static constexpr duration request_patience{5'000};

    explicit hand_over(control_client daemon) : daemon_(std::move(daemon)) {}

    /// Where the daemon is, as people write it.
    std::string where() const { return daemon_.address().text(); }

    /// Finds out whether the daemon would take runs now. Blocks. Throws hand_over_error.
    void check() const;

    /// Leaves runs to it. Blocks.
    handed_over give(std::vector<run_key> const& runs) const;

private:
    control_client daemon_;
};

} // namespace runwatch::cli
