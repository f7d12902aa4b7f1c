#include "store/sqlite.hpp"

#include "runwatch/text.hpp"

#include <sqlite3.h>

#include <array>
#include <cstring>
#include <system_error>

namespace runwatch::sqlite {
namespace {

/// How long to wait for a lock that another program has on the file.
constexpr int busy_timeout_ms = 5'000;

/// The path as part of an URI: what has a meaning there is percent-encoded.
std::string uri_of(std::string const& path, access how) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string uri = "file:";
    for (auto const letter : path) {
        auto const byte = static_cast<unsigned char>(letter);
        if (letter == '%' || letter == '?' || letter == '#')
            uri.append({'%', hex[byte >> 4U], hex[byte & 0xFU]});
        else
            uri += letter;
    }
    return uri + (how == access::read_alone ? "?mode=ro&immutable=1" : "?mode=ro&readonly_shm=1");
}

/// What happened and what to do about it, for a result code.
std::string meaning(int code, std::string const& said, int system_error) {
    auto const cause = system_error == 0 ? said : std::generic_category().message(system_error);
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return "the disk is full; make room";
    case SQLITE_IOERR:
        return "the disk does not work as it should (" + said + ": " + cause + "); make room or mend it";
    case SQLITE_READONLY:
        return "it may only be read; let this user write to the file and its directory";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return "it cannot be opened (" + cause + "); let this user read and write the file and its directory";
    case SQLITE_NOTADB:
        return "it is not a state file of runwatch; name another one, or move this one away to begin anew";
    case SQLITE_CORRUPT:
        return "it is damaged (" + said + "); restore a copy of it, or move it away to begin anew";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program keeps it locked; end that program";
    default:
        return "SQLite says: " + said;
    }
}

} // namespace

void statement::finalize::operator()(sqlite3_stmt* statement) const noexcept { ::sqlite3_finalize(statement); }

statement::statement(database& owner, std::string_view sql) : owner_(owner) {
    sqlite3_stmt* prepared = nullptr;
    check(::sqlite3_prepare_v3(owner.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                               &prepared, nullptr));
    handle_.reset(prepared);
}

bool statement::step() {
    auto const code = ::sqlite3_step(handle_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        owner_.fail(code);
    return code == SQLITE_ROW;
}

void statement::reset() noexcept {
    ::sqlite3_reset(handle_.get());
    ::sqlite3_clear_bindings(handle_.get());
}

bool statement::is_null(int column) const { return ::sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

std::int64_t statement::integer(int column) const { return ::sqlite3_column_int64(handle_.get(), column); }

std::string_view statement::text(int column) const {
    auto const* const bytes = static_cast<char const*>(::sqlite3_column_blob(handle_.get(), column));
    auto const size = ::sqlite3_column_bytes(handle_.get(), column);
    return bytes == nullptr ? std::string_view{} : std::string_view{bytes, static_cast<std::size_t>(size)};
}

void statement::bind_null(int index) { check(::sqlite3_bind_null(handle_.get(), index)); }

void statement::bind_integer(int index, std::int64_t value) {
    check(::sqlite3_bind_int64(handle_.get(), index, value));
}

void statement::bind_text(int index, std::string_view value) {
    // Without a place SQLite would take an empty text for NULL.
    auto const* const data = value.data() == nullptr ? "" : value.data();
    check(::sqlite3_bind_text64(handle_.get(), index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void statement::check(int code) {
    if (code != SQLITE_OK)
        owner_.fail(code);
}

void database::close::operator()(sqlite3* connection) const noexcept { ::sqlite3_close_v2(connection); }

database::database(std::string path, access how) : path_(std::move(path)) {
    sqlite3* connection = nullptr;
    auto const code = how == access::read_write
                          ? ::sqlite3_open_v2(path_.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr)
                          : ::sqlite3_open_v2(uri_of(path_, how).c_str(), &connection,
                                              SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
    handle_.reset(connection);
    if (code != SQLITE_OK)
        fail(code);
    ::sqlite3_extended_result_codes(connection, 1);
    ::sqlite3_busy_timeout(connection, busy_timeout_ms);
}

void database::script(std::string const& sql) {
    auto const code = ::sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        fail(code);
}

std::int64_t database::number(std::string const& sql) {
    statement once{*this, sql};
    return once.step() ? once.integer(0) : 0;
}

std::string database::text(std::string const& sql) {
    statement once{*this, sql};
    return once.step() ? std::string{once.text(0)} : std::string{};
}

std::int64_t database::changes() const { return ::sqlite3_changes64(handle_.get()); }

std::int64_t database::total_changes() const { return ::sqlite3_total_changes64(handle_.get()); }

std::int64_t database::last_key() const { return ::sqlite3_last_insert_rowid(handle_.get()); }

bool database::in_transaction() const { return ::sqlite3_get_autocommit(handle_.get()) == 0; }

void database::checkpoint_on_close(bool wanted) {
    ::sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, wanted ? 0 : 1, nullptr);
}

void database::fail(int code) const {
    // Without a connection there was no memory for one.
    std::string said = handle_ ? ::sqlite3_errmsg(handle_.get()) : ::sqlite3_errstr(code);
    auto const system_error = handle_ ? ::sqlite3_system_errno(handle_.get()) : 0;
    throw state_error{"the state file " + path_ + ": " + meaning(code, said, system_error)};
}

statement& database::prepare(std::string_view sql) {
    auto const found = prepared_.find(sql);
    if (found != prepared_.end())
        return found->second;
    return prepared_.try_emplace(sql, *this, sql).first->second;
}

} // namespace runwatch::sqlite
