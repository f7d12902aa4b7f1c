#include "sinks/result_file.hpp"

#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

timestamp now() { return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now()); }

std::string line_of(std::string const& id) { return R"({"id":")" + id + R"(","type":"run.failed"})"; }

/// A directory with a file of results in it, and a way to let calls to the system fail.
class result_file_test : public ::testing::Test {
protected:
    result_file::options how() const { return {path, limits, 0}; }

    /// Lets the next call of that name fail, once.
    result_file::interception failing() {
        return [this](std::string_view call) { return call == failing_call ? std::exchange(error, 0) : 0; };
    }

    static void append(result_file& file, std::string const& id) { append_line(file, line_of(id)); }

    static void append_line(result_file& file, std::string const& line) {
        std::vector<std::string> const lines{line};
        file.append(lines, now());
    }

    static std::vector<std::string> find(result_file& file, std::vector<std::string> const& ids) {
        return file.find(ids);
    }

    static std::string message_of(std::function<void()> const& call) {
        try {
            call();
        } catch (file_error const& error) {
            return error.what();
        }
        return "no error";
    }

    temporary_directory directory;
    std::string path = directory.file("results.jsonl");
    rotation limits;
    std::string failing_call;
    int error = 0;
};

TEST_F(result_file_test, appends_whole_lines) {
    result_file file{how()};
    std::vector<std::string> const lines{line_of("A"), line_of("B")};
    file.append(lines, now());
    append(file, "C");
    EXPECT_EQ(content_of(path), line_of("A") + '\n' + line_of("B") + '\n' + line_of("C") + '\n');
}

TEST_F(result_file_test, is_made_for_its_owner_and_group_whatever_the_umask) {
    for (mode_t const mask : {0U, 077U, 0777U}) {
        auto const before = ::umask(mask);
        path = directory.file("results-" + std::to_string(mask));
        result_file file{how()};
        append(file, "A");
        ::umask(before);

        struct stat about {};

        ASSERT_EQ(::stat(path.c_str(), &about), 0);
        EXPECT_EQ(about.st_mode & 07777U, 0640U) << mask;
    }
}

TEST_F(result_file_test, leaves_the_mode_of_a_file_that_was_there) {
    write_file(path, "");
    ::chmod(path.c_str(), 0604);
    result_file file{how()};
    append(file, "A");

    struct stat about {};

    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777U, 0604U);
}

TEST_F(result_file_test, cuts_a_torn_last_line_when_it_opens) {
    for (auto const& torn : {std::string{"{\"id"}, line_of("C"), std::string(200'000, 'x'), std::string(10, '\0')}) {
        write_file(path, line_of("A") + '\n' + torn);
        result_file file{how()};
        append(file, "B");
        EXPECT_EQ(content_of(path), line_of("A") + '\n' + line_of("B") + '\n');
    }
    write_file(path, "torn alone");
    result_file file{how()};
    EXPECT_TRUE(find(file, {"A"}).empty());
    EXPECT_EQ(content_of(path), "");
}

TEST_F(result_file_test, finds_ids_of_whole_lines_at_their_start) {
    auto const long_line = R"({"id":"LONG","logs":")" + std::string(700'000, 'x') + "\"}";
    write_file(path + ".1", line_of("OLD") + '\n' + R"({"id":"TORN-OLD"})");
    write_file(path + ".2", line_of("OLDER") + '\n');
    write_file(path, line_of("A") + '\n' + long_line + '\n' + R"({"x":"","id":"INSIDE"})" + "\n\nnonsense\n" +
                         line_of("LAST") + '\n' + line_of("TORN"));
    result_file file{how()};
    EXPECT_EQ(find(file, {"TORN", "LAST", "INSIDE", "OLD", "OLDER", "TORN-OLD", "A", "LONG", "NEVER", "LON"}),
              (std::vector<std::string>{"A", "LONG", "LAST", "OLD"}));
    EXPECT_TRUE(find(file, {}).empty());
}

TEST_F(result_file_test, finds_ids_in_what_others_have_moved_by_date) {
    write_file(path + "-20261122", line_of("A") + '\n');
    std::filesystem::last_write_time(path + "-20261122", std::filesystem::file_time_type::clock::now() - 24h);
    write_file(path + "-20261123", line_of("B") + '\n');
    result_file file{how()};
    EXPECT_EQ(find(file, {"A", "B"}), std::vector<std::string>{"B"});
}

TEST_F(result_file_test, is_locked_against_others_also_in_this_process) {
    result_file first{how()};
    append(first, "A");
    result_file second{how()};
    EXPECT_EQ(message_of([&] { append(second, "B"); }),
              path + " is locked, by another sink or by another process such as a runwatch that runs: let each write a "
                     "file of its own");
    EXPECT_EQ(message_of([&] { find(second, {"A"}); }),
              path + " is locked, by another sink or by another process such as a runwatch that runs: let each write a "
                     "file of its own");
    first.close();
    append(second, "B");
    EXPECT_EQ(content_of(path), line_of("A") + '\n' + line_of("B") + '\n');
}

TEST_F(result_file_test, notices_that_it_was_moved_or_removed) {
    result_file file{how()};
    append(file, "A");
    std::filesystem::rename(path, path + ".moved");
    append(file, "B");
    EXPECT_EQ(content_of(path), line_of("B") + '\n');
    EXPECT_EQ(content_of(path + ".moved"), line_of("A") + '\n');
    std::filesystem::remove(path);
    append(file, "C");
    EXPECT_EQ(content_of(path), line_of("C") + '\n');
    std::filesystem::rename(path, path + ".again");
    write_file(path, "made by logrotate\n");
    append(file, "D");
    EXPECT_EQ(content_of(path), "made by logrotate\n" + line_of("D") + '\n');
    std::filesystem::resize_file(path, 0);
    append(file, "E");
    EXPECT_EQ(content_of(path), line_of("E") + '\n');
}

TEST_F(result_file_test, says_what_keeps_it_from_being_opened) {
    path = directory.file("missing/results.jsonl");
    result_file missing{how()};
    EXPECT_EQ(message_of([&] { append(missing, "A"); }), path + " cannot be opened: its directory is missing");
    std::filesystem::create_directory(directory.file("missing"));
    append(missing, "A");
    EXPECT_EQ(content_of(path), line_of("A") + '\n');

    path = directory.path();
    result_file folder{how()};
    EXPECT_EQ(message_of([&] { append(folder, "A"); }), path + " cannot be opened: Is a directory");

    path = "/dev/null";
    result_file device{how()};
    EXPECT_EQ(message_of([&] { append(device, "A"); }),
              path + " is not a regular file: name another path, or use a sink of type stdout");
}

TEST_F(result_file_test, takes_back_what_did_not_reach_the_disk) {
    result_file file{how(), failing()};
    append(file, "A");
    for (auto const* call : {"write", "sync"}) {
        failing_call = call;
        error = ENOSPC;
        std::vector<std::string> const lines{line_of("B"), line_of("C")};
        EXPECT_NE(message_of([&] { file.append(lines, now()); }).find("No space left on device"), std::string::npos);
        EXPECT_EQ(content_of(path), line_of("A") + '\n');
    }
    append(file, "D");
    EXPECT_EQ(content_of(path), line_of("A") + '\n' + line_of("D") + '\n');
}

TEST_F(result_file_test, takes_back_a_write_that_the_disk_cut_short) {
    result_file file{how()};
    append(file, "A");
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    auto const ignored = std::signal(SIGXFSZ, SIG_IGN);
    rlimit const limit{line_of("A").size() + 10, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto const message = message_of([&] { append(file, "B"); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, ignored);
    EXPECT_EQ(message, path + " cannot be written: File too large");
    EXPECT_EQ(content_of(path), line_of("A") + '\n');
    append(file, "B");
    EXPECT_EQ(content_of(path), line_of("A") + '\n' + line_of("B") + '\n');
}

TEST_F(result_file_test, writes_nothing_more_until_a_failed_write_is_taken_back) {
    int broken = 0;
    result_file file{how(), [&](std::string_view call) {
                         auto const fails = (broken > 0 && call == "take_back") || (broken > 1 && call == "sync");
                         return fails ? EIO : 0;
                     }};
    append(file, "A");
    broken = 2;
    EXPECT_EQ(message_of([&] { append(file, "B"); }), path + " cannot be synced: Input/output error");
    broken = 1;
    EXPECT_EQ(message_of([&] { append(file, "B"); }),
              path + " cannot be cut back to its last whole line: Input/output error");
    broken = 0;
    append(file, "B");
    EXPECT_EQ(content_of(path), line_of("A") + '\n' + line_of("B") + '\n');
}

TEST_F(result_file_test, moves_a_file_that_is_full_and_keeps_so_many) {
    limits = {line_of("A").size(), 0ms, 3};
    result_file file{how()};
    for (auto const* id : {"A", "B", "C", "D", "E"})
        append(file, id);
    EXPECT_EQ(content_of(path), line_of("E") + '\n');
    EXPECT_EQ(content_of(path + ".1"), line_of("D") + '\n');
    EXPECT_EQ(content_of(path + ".2"), line_of("C") + '\n');
    EXPECT_EQ(content_of(path + ".3"), line_of("B") + '\n');
    EXPECT_FALSE(std::filesystem::exists(path + ".4"));
}

TEST_F(result_file_test, moves_a_file_that_is_old) {
    limits = {0, std::chrono::hours{24 * 7}, 10};
    std::vector<std::string> const a{line_of("A")};
    std::vector<std::string> const b{line_of("B")};
    {
        result_file file{how()};
        file.append(a, now());
        file.append(b, now() + 24h * 6);
    }
    EXPECT_EQ(content_of(path), line_of("A") + '\n' + line_of("B") + '\n');
    result_file file{how()};
    file.append(a, now() + 24h * 8);
    EXPECT_EQ(content_of(path), line_of("A") + '\n') << "the age of a file counts over restarts";
    file.append(b, now() + 24h * 9);
    EXPECT_EQ(content_of(path), line_of("A") + '\n' + line_of("B") + '\n');
}

TEST_F(result_file_test, finds_what_may_be_unnoted_in_as_many_files_as_hold_it) {
    limits = {1, 0ms, 10};
    result_file file{result_file::options{path, limits, 3}};
    for (auto const* id : {"A", "B", "C", "D", "E"})
        append(file, id);
    EXPECT_EQ(content_of(path), line_of("E") + '\n');
    EXPECT_EQ(content_of(path + ".4"), line_of("A") + '\n');
    std::vector<std::string> const owed{"A", "B", "C", "D", "E"};
    EXPECT_EQ(file.find(owed), (std::vector<std::string>{"E", "D", "C"}));
}

TEST_F(result_file_test, writes_into_no_database) {
    auto const database = std::string{"SQLite format 3\0and pages", 25};
    write_file(path, database);
    result_file file{result_file::options{path, limits, 3}};
    try {
        append(file, "A");
        FAIL() << "it was written to";
    } catch (file_error const& refused) {
        EXPECT_EQ(refused.what(), path + " is an SQLite database, perhaps runwatch's state: name another path");
    }
    EXPECT_EQ(content_of(path), database);
}

TEST_F(result_file_test, closes_a_gap_that_a_rotation_left) {
    limits = {1, 0ms, 10};
    write_file(path, line_of("NEW") + '\n');
    write_file(path + ".1", line_of("1") + '\n');
    write_file(path + ".3", line_of("3") + '\n');
    result_file file{how()};
    append(file, "A");
    EXPECT_EQ(content_of(path + ".1"), line_of("NEW") + '\n');
    EXPECT_EQ(content_of(path + ".2"), line_of("1") + '\n');
    EXPECT_EQ(content_of(path + ".3"), line_of("3") + '\n');
    EXPECT_FALSE(std::filesystem::exists(path + ".4"));
}

TEST_F(result_file_test, says_what_keeps_it_from_being_moved) {
    limits = {1, 0ms, 10};
    result_file file{how(), failing()};
    append(file, "A");
    failing_call = "move";
    error = EACCES;
    EXPECT_EQ(message_of([&] { append(file, "B"); }), "cannot move " + path + " to " + path + ".1: Permission denied");
    EXPECT_EQ(content_of(path), line_of("A") + '\n');
    append(file, "B");
    EXPECT_EQ(content_of(path + ".1"), line_of("A") + '\n');
}

} // namespace
} // namespace runwatch
