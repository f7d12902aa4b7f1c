#pragma once

#include "store/sqlite.hpp"
#include "store/state_lock.hpp"

#include <optional>
#include <string>

namespace runwatch {

/// Makes a connection keep what it has committed, and what refers to something.
void set_rules(sqlite::database& database);

/// The state file with its lock: opened, checked and up to date. One thread at a time.
class state_file {
public:
    /// Opens a file, or `:memory:`. Throws state_error, and leaves a file that is damaged or newer as it is.
    explicit state_file(std::string path);

    /// The connection; a new one if the last was given up. Throws state_error.
    sqlite::database& database();

    /// Ends the transaction that is open, if there is one, without its changes. A connection that cannot even do that
    /// is given up.
    void roll_back();

private:
    bool in_memory() const { return path_ == ":memory:"; }

    std::string path_;
    std::optional<state_lock> lock_;
    std::optional<sqlite::database> database_;
};

} // namespace runwatch
