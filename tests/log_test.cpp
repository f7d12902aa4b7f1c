#include "runwatch/log.hpp"

#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace runwatch {
namespace {

using namespace support;

constexpr timestamp morning{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{10}};

std::string text(log_level level, std::string_view message, std::vector<log_field> const& about) {
    return log_line_as_text(morning, level, message, about);
}

TEST(log_line, is_for_people) {
    EXPECT_EQ(text(log_level::info, "ready", {{"watching", "12"}}), "2026-11-24T10:00:00.000Z ready watching=12");
    EXPECT_EQ(text(log_level::warning, "poll failed", {{"run", "a/b"}, {"retry_in", "4 s"}, {"error", "HTTP 503"}}),
              "2026-11-24T10:00:00.000Z warning: poll failed run=a/b retry_in=\"4 s\" error=\"HTTP 503\"");
}

TEST(log_line, quotes_what_could_be_taken_for_another_field) {
    EXPECT_EQ(text(log_level::error, "x", {{"a", ""}, {"b", "c=d"}, {"e", "say \"f\""}}),
              "2026-11-24T10:00:00.000Z error: x a=\"\" b=\"c=d\" e=\"say \\\"f\\\"\"");
}

TEST(log_line, obeys_no_remote_text) {
    auto const line = text(log_level::info, "x", {{"run", "a\n2026 fake \x1b[31m"}});
    EXPECT_EQ(line.find_first_of("\n\x1b"), std::string::npos) << line;
}

TEST(log_line, is_for_programs) {
    EXPECT_EQ(log_line_as_json(morning, log_level::error, "poll failed",
                               std::vector<log_field>{{"run", "a/b"}, {"error", "say \"f\"\n"}}),
              R"({"time":"2026-11-24T10:00:00.000Z","level":"error","message":"poll failed","run":"a/b",)"
              R"("error":"say \"f\"\n"})");
}

TEST(log_line, is_for_the_journal) {
    EXPECT_THAT(log_line_as_journal_fields(log_level::warning, "poll failed",
                                           std::vector<log_field>{{"run", "a/b"}, {"retry_in", "4 s"}}),
                testing::ElementsAre("MESSAGE=poll failed run=a/b retry_in=\"4 s\"", "PRIORITY=4",
                                     "SYSLOG_IDENTIFIER=runwatch", "RUN=a/b", "TEST_ID=a", "RUN_ID=b", "RETRY_IN=4 s"));
}

TEST(log_line, keeps_a_value_with_a_zero_byte_in_one_field) {
    EXPECT_THAT(
        log_line_as_journal_fields(log_level::error, "x", std::vector<log_field>{{"error", {"a\0B=c\n", 6}}}),
        testing::ElementsAre("MESSAGE=x error=\"a?B=c?\"", "PRIORITY=3", "SYSLOG_IDENTIFIER=runwatch", "ERROR=aB=c\n"));
}

class log_to_file : public testing::Test {
protected:
    /// What is logged by what the test does.
    template <class Use>
    std::string logged(log_settings const& settings, Use const& use) {
        auto const path = directory_.file("log");
        auto const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        {
            log to{settings, file};
            use(to);
        }
        ::close(file);
        return content_of(path);
    }

    temporary_directory directory_;
};

TEST_F(log_to_file, leaves_out_what_is_below_its_level) {
    log_settings settings;
    settings.level = log_level::warning;
    settings.format = log_format::text;
    auto const all = logged(settings, [](log& to) {
        to.debug("one");
        to.info("two");
        to.warning("three");
        to.error("four");
        to.set(log_settings{log_level::debug, log_format::text});
        to.debug("five");
    });
    EXPECT_EQ(all.find("one"), std::string::npos);
    EXPECT_EQ(all.find("two"), std::string::npos);
    EXPECT_NE(all.find(" warning: three\n"), std::string::npos);
    EXPECT_NE(all.find(" error: four\n"), std::string::npos);
    EXPECT_NE(all.find(" debug: five\n"), std::string::npos);
}

TEST_F(log_to_file, writes_json_where_no_terminal_is) {
    EXPECT_TRUE(logged(log_settings{}, [](log& to) { to.info("ready"); }).starts_with("{\"time\":"));
}

TEST(log_to_pipe, that_nobody_reads_delays_nobody) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    {
        log to{log_settings{log_level::info, log_format::text}, ends[1]};
        // Far more than a pipe takes, and more than may wait.
        for (int line = 0; line < 20'000; ++line)
            to.info("a line that nobody reads");
        // A reader that goes lets the rest fail.
        ::close(ends[0]);
    }
    ::close(ends[1]);
}

TEST(log_to_pipe, that_nobody_reads_does_not_outlast_the_log) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    auto const start = std::chrono::steady_clock::now();
    {
        log to{log_settings{log_level::info, log_format::text}, ends[1]};
        for (int line = 0; line < 20'000; ++line)
            to.info("a line that nobody reads");
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
    ::close(ends[0]);
    ::close(ends[1]);
}

} // namespace
} // namespace runwatch
