#pragma once

#include "runwatch/store.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite's C API with owners, types and exceptions. One thread at a time.
namespace runwatch::sqlite {

class database;

/// A prepared statement. Made by database alone, and kept there to be used again.
class statement {
public:
    statement(database& owner, std::string_view sql);

    /// Binds the values to ?1, ?2, … Texts are not copied: they must outlive the last step.
    template <class... Values>
    void bind(Values const&... values) {
        [[maybe_unused]] int index = 0;
        (bind_one(++index, values), ...);
    }

    /// Goes to the next row. Returns false behind the last.
    bool step();

    /// Ends the execution and forgets the values.
    void reset() noexcept;

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    /// Valid until the next step().
    std::string_view text(int column) const;

private:
    void bind_null(int index);
    void bind_integer(int index, std::int64_t value);
    void bind_text(int index, std::string_view value);
    void check(int code);

    template <class T>
    void bind_one(int index, T const& value) {
        if constexpr (std::is_same_v<T, std::nullopt_t>)
            bind_null(index);
        else if constexpr (std::is_integral_v<T>)
            bind_integer(index, static_cast<std::int64_t>(value));
        else if constexpr (std::is_same_v<T, timestamp>)
            bind_integer(index, value.time_since_epoch().count());
        else if constexpr (std::is_same_v<T, duration>)
            bind_integer(index, value.count());
        else
            bind_text(index, value);
    }

    template <class T>
    void bind_one(int index, std::optional<T> const& value) {
        if (value)
            bind_one(index, *value);
        else
            bind_null(index);
    }

    struct finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    database& owner_;
    std::unique_ptr<sqlite3_stmt, finalize> handle_;
};

/// The rows of one query, one after the other. Ends the query when it goes.
class cursor {
public:
    explicit cursor(statement& query) : query_(&query) {}

    cursor(cursor&& other) noexcept : query_(std::exchange(other.query_, nullptr)) {}

    cursor(cursor const&) = delete;
    cursor& operator=(cursor const&) = delete;
    cursor& operator=(cursor&&) = delete;

    ~cursor() {
        if (query_ != nullptr)
            query_->reset();
    }

    /// Goes to the first row, then to the next. Returns false behind the last.
    bool next() { return query_->step(); }

    bool is_null(int column) const { return query_->is_null(column); }

    std::int64_t integer(int column) const { return query_->integer(column); }

    std::string text(int column) const { return std::string{query_->text(column)}; }

    timestamp time(int column) const { return timestamp{duration{integer(column)}}; }

private:
    statement* query_;
};

/// How a file is opened.
enum class access {
    /// To read and write; the file must be there.
    read_write,
    /// To read beside a process that writes, or what such a process left behind. Creates no file.
    read_beside,
    /// To read a file that nobody writes and that has no write-ahead log. Creates no file.
    read_alone,
};

/// One connection to one file.
class database {
public:
    /// Opens a file, or `:memory:`. SQLite looks at the file only with the first statement.
    database(std::string path, access how);

    database(database const&) = delete;
    database& operator=(database const&) = delete;

    std::string const& path() const { return path_; }

    /// Runs a statement that returns no rows. The SQL is prepared once and kept: its text must live for ever.
    template <class... Values>
    void run(std::string_view sql, Values const&... values) {
        auto& prepared = prepare(sql);
        cursor const done{prepared};
        prepared.bind(values...);
        while (prepared.step()) {
        }
    }

    /// Starts a query. As with run(), the SQL must live for ever; texts among the values as long as the cursor.
    template <class... Values>
    cursor query(std::string_view sql, Values const&... values) {
        auto& prepared = prepare(sql);
        cursor rows{prepared};
        prepared.bind(values...);
        return rows;
    }

    /// Runs several statements, without keeping them.
    void script(std::string const& sql);

    /// The single number that a statement returns, which is not kept.
    std::int64_t number(std::string const& sql);

    /// The single text that a statement returns, which is not kept.
    std::string text(std::string const& sql);

    /// How many rows the last statement changed.
    std::int64_t changes() const;

    /// How many rows all statements of this connection have changed.
    std::int64_t total_changes() const;

    /// The key of the row that was inserted last.
    std::int64_t last_key() const;

    /// Whether a transaction is open.
    bool in_transaction() const;

    /// Whether closing the last connection writes the log into the file. It does unless told otherwise.
    void checkpoint_on_close(bool wanted);

    /// Throws state_error with what SQLite's result code means: the file, what happened, what to do.
    [[noreturn]] void fail(int code) const;

    sqlite3* handle() const { return handle_.get(); }

private:
    statement& prepare(std::string_view sql);

    struct close {
        void operator()(sqlite3* connection) const noexcept;
    };

    std::string path_;
    std::unique_ptr<sqlite3, close> handle_;
    std::map<std::string_view, statement> prepared_;
};

} // namespace runwatch::sqlite
