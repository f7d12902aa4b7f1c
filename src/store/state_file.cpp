#include "store/state_file.hpp"

#include "store/schema.hpp"

#include <unistd.h>
#include <utility>

namespace runwatch {
namespace {

/// Throws state_error if a page is not what SQLite wrote. Reads the whole file.
void check_pages(sqlite::database& database) {
    auto const verdict = database.text("PRAGMA quick_check(1)");
    if (verdict != "ok")
        throw state_error{"the state file " + database.path() + ": it is damaged (" + verdict +
                          "); restore a copy of it, or move it away to begin anew"};
}

void configure(sqlite::database& database, bool in_memory) {
    if (!in_memory && database.text("PRAGMA journal_mode = WAL") != "wal")
        throw state_error{"the state file " + database.path() +
                          ": its file system cannot hold a write-ahead log; name a file on a local disk in state.path"};
    set_rules(database);
    // Else SQLite makes a file in a folder of its own choice while a result is recorded, if there is one to write to.
    database.script("PRAGMA temp_store = MEMORY;");
    // A burst may make the log large; it need not stay so.
    database.script("PRAGMA journal_size_limit = 67108864;");
}

} // namespace

void set_rules(sqlite::database& database) {
    database.script("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;");
}

state_file::state_file(std::string path) : path_(std::move(path)) {
    if (!in_memory()) {
        lock_.emplace(path_);
        ::close(open_or_make_file(path_));
    }
    database_.emplace(path_, sqlite::access::read_write);
    // A log that a killed daemon left stays out of a file that is refused.
    database_->checkpoint_on_close(false);
    check_schema(*database_, schema_steps());
    check_pages(*database_);
    database_->checkpoint_on_close(true);
    configure(*database_, in_memory());
    migrate(*database_, schema_steps());
}

sqlite::database& state_file::database() {
    if (!database_) {
        database_.emplace(path_, sqlite::access::read_write);
        try {
            configure(*database_, false);
        } catch (state_error const&) {
            // Half configured, it would not keep the rules of the tables.
            database_.reset();
            throw;
        }
    }
    return *database_;
}

void state_file::roll_back() {
    if (!database_)
        return;
    try {
        if (database_->in_transaction())
            database_->script("ROLLBACK");
    } catch (state_error const&) {
        if (!in_memory())
            database_.reset();
    }
}

} // namespace runwatch
