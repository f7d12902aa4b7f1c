#include "store/delivery_list.hpp"
#include "store/results.hpp"
#include "store/schema.hpp"
#include "store/state_lock.hpp"
#include "store/watches.hpp"

#include <array>
#include <cstdint>
#include <sched.h>
#include <sys/stat.h>

namespace runwatch {
namespace {

/// What tells one content of a file from another; all zero if there is no file.
using stamp = std::array<std::int64_t, 4>;

stamp stamp_of(std::string const& path) {
    struct stat about {};

    if (::stat(path.c_str(), &about) != 0)
        return {};
    return {static_cast<std::int64_t>(about.st_ino), about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
}

bool exists(std::string const& path) { return stamp_of(path) != stamp{}; }

/// Whether there is a write-ahead log with something in it.
bool has_log(std::string const& path) { return stamp_of(path + "-wal").at(1) > 0; }

/// Throws state_error unless the file is of this program's version.
void check_version(sqlite::database& database) {
    check_schema(database, schema_steps());
    if (database.number("PRAGMA user_version") != static_cast<std::int64_t>(schema_steps().size()))
        throw state_error{"the state file " + database.path() +
                          ": an older runwatch wrote it; start the daemon once to bring it up to date"};
}

/// Runs `read` on the file as it is now.
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
        if (before == stamp{})
            throw state_error{"the state file " + path +
                              ": there is none; name the file that the daemon has in state.path, or start it first"};
        try {
            auto const beside = has_log(path);
            if (beside && !exists(path + "-shm"))
                throw state_error{"the state file " + path +
                                  ": it was copied or left in the middle of a change; start the daemon with it once"};
            sqlite::database database{path, beside ? sqlite::access::read_beside : sqlite::access::read_alone};
            check_version(database);
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

} // namespace

state_reader::state_reader(std::string path) : path_(std::move(path)) { read_consistently(path_, state::last_reload); }

std::vector<listed_delivery> state_reader::deliveries(delivery_filter const& filter) const {
    return read_consistently(path_, [&](sqlite::database& in) { return state::deliveries(in, filter); });
}

run_history state_reader::history(run_key const& key) const {
    return read_consistently(path_, [&](sqlite::database& in) {
        run_history history;
        history.watch = state::find_watch(in, key);
        history.changes = state::changes_of(in, key);
        history.result = state::find_result(in, key);
        history.deliveries = state::deliveries_of(in, key);
        history.attempts = state::attempts_of(in, key);
        history.pruned_result_at = state::pruned_at(in, key);
        return history;
    });
}

reload_note state_reader::last_reload() const { return read_consistently(path_, state::last_reload); }

std::optional<int> state_reader::owner() const { return lock_owner(path_); }

} // namespace runwatch
