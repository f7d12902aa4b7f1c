#pragma once

#include "store/sqlite.hpp"

#include <array>
#include <cstdint>
#include <sched.h>
#include <string>

namespace runwatch {

/// What tells one content of a file from another; all zero if there is no file.
using file_stamp = std::array<std::int64_t, 4>;

file_stamp stamp_of(std::string const& path);

/// Whether there is a write-ahead log with something in it.
bool has_log(std::string const& state_path);

/// Throws state_error if there is no such state file.
void check_exists(std::string const& state_path);

/// Throws state_error if a log lies beside the file without the index that says how to read both.
void check_readable_log(std::string const& state_path);

/// Runs `read` on the file as it is now, in one transaction.
///
/// Beside a daemon, or after one that was killed, there is a write-ahead log, and its index says how to read both.
/// After one that ended well there is none: then SQLite would make one even to read, unless told that nobody writes,
/// which is true until a daemon starts. What was read while one started may be torn, and is read again; nor does an
/// error count unless it stays.
template <class Read>
auto read_consistently(std::string const& path, Read const& read) {
    constexpr int rounds = 100;
    for (int round = 1;; ++round) {
        auto const before = stamp_of(path);
        check_exists(path);
        try {
            auto const beside = has_log(path);
            if (beside)
                check_readable_log(path);
            sqlite::database database{path, beside ? sqlite::access::read_beside : sqlite::access::read_alone};
            database.script("BEGIN");
            auto found = read(database);
            if (beside || round == rounds || (!has_log(path) && stamp_of(path) == before))
                return found;
        } catch (state_error const&) {
            if (round == rounds)
                throw;
        }
        ::sched_yield();
    }
}

} // namespace runwatch
