#include "runwatch/store.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "support/run_coroutine.hpp"
#include "support/store_samples.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace runwatch {
namespace {

using support::found;
using support::noon;
using support::sample_result;
using support::sample_watch;
using support::to_sinks;

class store_open : public testing::Test {
protected:
    template <class T>
    T get(boost::asio::awaitable<T> call) {
        return support::run(io_, std::move(call));
    }

    /// What the store says when it refuses a file.
    std::string refusal(std::string const& path) {
        try {
            store const refused{io_.get_executor(), {.path = path}};
            return "it is opened";
        } catch (state_error const& error) {
            return error.what();
        }
    }

    static std::string content(std::string const& path) {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    static void write(std::string const& path, std::string_view content) {
        std::ofstream{path, std::ios::binary} << content;
    }

    /// Puts a result that ops is owed, and a watch, into a file.
    void fill(std::string const& path) {
        store filled{io_.get_executor(), {.path = path}};
        get(filled.set_sinks({{"ops", "webhook"}}, noon()));
        get(filled.watch({sample_watch({"T", "R2"})}));
        get(filled.record(found({sample_result({"T", "R1"})}), to_sinks({"ops"})));
    }

    void expect_filled(std::string const& path) {
        store filled{io_.get_executor(), {.path = path}};
        EXPECT_EQ(get(filled.watched()).size(), 1U);
        auto const owed = get(filled.due("ops", noon(), 9, {}));
        ASSERT_EQ(owed.size(), 1U);
        EXPECT_EQ(to_json(owed[0].result), to_json(sample_result({"T", "R1"})));
    }

    boost::asio::io_context io_;
    support::temporary_directory directory_;
    std::string const path_ = directory_.file("state.db");
};

void expect_says(std::string const& message, std::initializer_list<std::string_view> pieces) {
    for (auto const piece : pieces)
        EXPECT_NE(message.find(piece), std::string::npos) << "'" << piece << "' is missing in: " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST_F(store_open, keeps_everything_over_a_restart) {
    fill(path_);
    EXPECT_FALSE(std::filesystem::exists(path_ + "-wal")) << "a good end leaves one file";
    expect_filled(path_);
    expect_filled(path_);
}

TEST_F(store_open, survives_a_kill_in_the_middle) {
    auto const copy = directory_.file("copy.db");
    {
        store running{io_.get_executor(), {.path = path_}};
        get(running.set_sinks({{"ops", "webhook"}}, noon()));
        get(running.watch({sample_watch({"T", "R2"})}));
        get(running.record(found({sample_result({"T", "R1"})}), to_sinks({"ops"})));
        std::filesystem::copy_file(path_, copy);
        std::filesystem::copy_file(path_ + "-wal", copy + "-wal");
    }
    // The last commit was cut short while it was written.
    auto const log = content(copy + "-wal");
    write(copy + "-wal", log + log.substr(log.size() - 3'000));
    expect_filled(copy);
}

TEST_F(store_open, makes_files_of_mode_0640_whatever_the_umask) {
    for (mode_t const mask : {0000U, 0077U}) {
        SCOPED_TRACE(mask);
        auto const before = ::umask(mask);
        auto const path = directory_.file("state" + std::to_string(mask));
        {
            store running{io_.get_executor(), {.path = path}};
            get(running.set_sinks({}, noon()));
            for (auto const* suffix : {"", "-wal", "-shm", ".lock"}) {
                struct stat about {};

                EXPECT_EQ(::stat((path + suffix).c_str(), &about), 0) << suffix;
                EXPECT_EQ(about.st_mode & 07777U, 0640U) << suffix;
            }
        }
        ::umask(before);
    }
}

TEST_F(store_open, opens_paths_with_every_letter) {
    auto const path = directory_.file("a b%3f?é#1.db");
    fill(path);
    expect_filled(path);
    EXPECT_EQ(state_reader{path}.deliveries({}).size(), 1U);
}

TEST_F(store_open, refuses_a_second_daemon_and_names_the_first) {
    {
        store const first{io_.get_executor(), {.path = path_}};
        expect_says(refusal(path_), {path_, "in use by the runwatch with pid " + std::to_string(::getpid())});
        std::filesystem::create_symlink(path_, directory_.file("link.db"));
        expect_says(refusal(directory_.file("link.db")), {"in use by the runwatch with pid"});
    }
    EXPECT_EQ(refusal(path_), "it is opened");
}

TEST_F(store_open, a_killed_daemon_leaves_no_lock) {
    auto const child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        store const killed{boost::asio::io_context{}.get_executor(), {.path = path_}};
        std::_Exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(refusal(path_), "it is opened");
}

TEST_F(store_open, names_a_directory_that_is_not_there) {
    auto const path = directory_.file("missing/state.db");
    expect_says(refusal(path), {path, "there is no directory " + directory_.file("missing"), "state.path"});
    expect_says(refusal(directory_.path()), {directory_.path(), "it is a directory"});
}

TEST_F(store_open, leaves_a_file_that_is_no_database_as_it_is) {
    for (auto const& text : {std::string{"hello, world\n"}, std::string(20'000, 'x'), std::string{"SQLite format 3"}}) {
        write(path_, text);
        expect_says(refusal(path_), {path_, "it is not a state file of runwatch", "move this one away"});
        EXPECT_TRUE(content(path_) == text);
        EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
    }
}

TEST_F(store_open, leaves_a_damaged_file_as_it_is) {
    fill(path_);
    auto const whole = content(path_);
    auto const page = std::size_t{4096};
    auto torn = whole;
    // Everything but the first page is overwritten; then the second half is lost.
    for (std::size_t at = page + 100; at < torn.size(); at += 64)
        torn[at] = static_cast<char>(torn[at] ^ 0x5A);
    for (auto const& damaged : {torn, whole.substr(0, whole.size() / 2 / page * page)}) {
        write(path_, damaged);
        expect_says(refusal(path_), {path_, "it is damaged", "restore a copy of it, or move it away"});
        EXPECT_TRUE(content(path_) == damaged);
    }
    write(path_, whole);
    expect_filled(path_);
}

TEST_F(store_open, leaves_a_file_of_another_program_as_it_is) {
    write(path_, "");
    sqlite::database{path_, sqlite::access::read_write}.script("CREATE TABLE bookmarks (url)");
    auto const before = content(path_);
    expect_says(refusal(path_), {path_, "it belongs to another program"});
    EXPECT_TRUE(content(path_) == before);
}

TEST_F(store_open, leaves_a_newer_file_as_it_is) {
    fill(path_);
    sqlite::database{path_, sqlite::access::read_write}.script("PRAGMA user_version = 7");
    auto const before = content(path_);
    expect_says(refusal(path_), {path_, "a newer runwatch wrote it (format 7, this one knows 4)"});
    EXPECT_TRUE(content(path_) == before);
}

TEST_F(store_open, takes_an_empty_file_for_a_new_one) {
    write(path_, "");
    fill(path_);
    expect_filled(path_);
}

TEST_F(store_open, says_what_a_user_may_not_do) {
    if (::geteuid() == 0) {
        // Root may do everything but this.
        expect_says(refusal("/proc/state.db"), {"/proc/state.db", "let this user read and write the file"});
        return;
    }
    fill(path_);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_read);
    expect_says(refusal(path_), {path_, "let this user read and write the file"});
    std::filesystem::permissions(directory_.path(), std::filesystem::perms::owner_read);
    expect_says(refusal(directory_.file("new.db")), {"let this user read and write the file and its directory"});
    std::filesystem::permissions(directory_.path(), std::filesystem::perms::owner_all);
}

TEST_F(store_open, brings_a_file_of_the_first_version_up_to_date) {
    write(path_, "");
    {
        sqlite::database database{path_, sqlite::access::read_write};
        migrate(database, schema_steps().first(1));
        database.run("INSERT INTO durations (test, taken_ms, at_ms) VALUES ('t', 90000, 0)");
    }
    store running{io_.get_executor(), {.path = path_}};
    auto const learned = get(running.learned());
    ASSERT_EQ(learned.at("t").size(), 1U);
    EXPECT_EQ(learned.at("t").front().taken, std::chrono::seconds{90});
    EXPECT_TRUE(learned.at("t").front().ended);
}

TEST_F(store_open, migrates_step_by_step_or_not_at_all) {
    write(path_, "");
    sqlite::database database{path_, sqlite::access::read_write};
    std::array<std::string_view, 3> const steps{"CREATE TABLE a (x);", "ALTER TABLE a ADD COLUMN y;",
                                                "INSERT INTO a VALUES (1, 2); CREATE TABLE b (z);"};
    auto const version = [&] { return database.number("PRAGMA user_version"); };
    migrate(database, std::span{steps}.first(1));
    EXPECT_EQ(version(), 1);
    check_schema(database, steps);

    std::array<std::string_view, 3> const broken{steps[0], steps[1], "CREATE TABLE c (x); CREATE TABLE a (x);"};
    EXPECT_THROW(migrate(database, broken), state_error);
    EXPECT_EQ(version(), 1);
    EXPECT_FALSE(database.in_transaction());
    EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_schema"), 1);

    migrate(database, steps);
    EXPECT_EQ(version(), 3);
    EXPECT_EQ(database.number("SELECT y FROM a"), 2);
    migrate(database, steps);
    EXPECT_EQ(database.number("SELECT count(*) FROM a"), 1) << "no step is taken twice";
    EXPECT_THROW(check_schema(database, std::span{steps}.first(2)), state_error);
}

} // namespace
} // namespace runwatch
