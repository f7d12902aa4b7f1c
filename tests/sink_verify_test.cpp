#include "runwatch/config.hpp"
#include "sinks/registry.hpp"
#include "support/environment.hpp"
#include "support/no_root.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace runwatch {
namespace {

using namespace support;

class sink_verify : public ::testing::Test {
protected:
    /// What this machine keeps a sink from; `good` if nothing.
    std::string problem_of(std::string const& sink) {
        auto const loaded =
            parse_config("telnyx: {api_key: {env: RUNWATCH_TEST_KEY}}\nsinks:\n  - {name: ops, " + sink + "}\n",
                         directory.file("test.yaml"), check_sink);
        auto const& settings = loaded.config.sinks.at(0);
        problems found;
        verify_sink(settings.type, settings.options, found);
        if (!found.any())
            return "good";
        auto const text = found.errors().at(0);
        EXPECT_TRUE(text.starts_with(directory.file("test.yaml:3:"))) << text;
        return text.substr(std::min(text.find("sinks[0]"), text.size()));
    }

    std::string problem_of_file(std::string const& rotate = "") {
        return problem_of("type: file, path: results.jsonl" + rotate);
    }

    temporary_directory directory;
    std::string const file = directory.file("results.jsonl");
    environment_variable key_{"RUNWATCH_TEST_KEY", "KEY-1"};
};

TEST_F(sink_verify, finds_a_file_good_that_can_be_made_or_appended_to) {
    EXPECT_EQ(problem_of_file(), "good");
    EXPECT_FALSE(std::filesystem::exists(file)) << "nothing is made";
    std::ofstream{file} << "a line\n";
    EXPECT_EQ(problem_of_file(), "good");
    EXPECT_EQ(problem_of("type: stdout"), "good");
}

TEST_F(sink_verify, says_why_a_file_cannot_be_made) {
    EXPECT_EQ(problem_of("type: file, path: missing/results.jsonl"),
              "sinks[0].path: " + directory.file("missing/results.jsonl") + " cannot be made: there is no directory " +
                  directory.file("missing") + "; make it");
    std::filesystem::create_directory(file);
    EXPECT_EQ(problem_of_file(),
              "sinks[0].path: " + file + " is not a regular file: name another path, or use a sink of type stdout");
}

TEST_F(sink_verify, says_what_this_user_may_not_do_with_a_file) {
    std::ofstream{file} << "a line\n";
    no_root const nobody{directory.path()};
    using std::filesystem::perms;
    std::filesystem::permissions(directory.path(), perms::owner_read | perms::owner_exec);
    EXPECT_EQ(problem_of_file(), "good") << "the file is there, and others move it";
    EXPECT_EQ(problem_of_file(", rotate: {size: 50MiB}"), "sinks[0].path: " + file +
                                                              " cannot be rotated: this user may not write in the "
                                                              "directory " +
                                                              directory.path() + ": Permission denied");
    std::filesystem::permissions(file, perms::owner_read);
    EXPECT_EQ(problem_of_file(),
              "sinks[0].path: " + file + " cannot be read and written by this user: Permission denied");
    std::filesystem::permissions(directory.path(), perms::owner_all);
}

TEST_F(sink_verify, says_why_a_command_cannot_be_run) {
    EXPECT_EQ(problem_of("type: exec, command: [/bin/true]"), "good");
    EXPECT_EQ(problem_of("type: exec, command: ['true']"), "good");
    EXPECT_EQ(problem_of("type: exec, command: [/nowhere/page, --urgent]"),
              "sinks[0].command[0]: this user cannot run /nowhere/page: No such file or directory");
    EXPECT_EQ(problem_of("type: exec, command: [" + directory.path() + "]"),
              "sinks[0].command[0]: this user cannot run " + directory.path() + ": it is not a file");
    std::ofstream{file} << "no program\n";
    EXPECT_EQ(problem_of("type: exec, command: [" + file + "]"),
              "sinks[0].command[0]: this user cannot run " + file + ": Permission denied");
    environment_variable const path{"PATH", "/usr/bin:/bin"};
    EXPECT_EQ(problem_of("type: exec, command: [no-such-program]"),
              "sinks[0].command[0]: there is no program no-such-program in PATH (/usr/bin:/bin): write where it is");
}

TEST_F(sink_verify, says_that_a_ca_file_holds_no_certificate) {
    std::ofstream{directory.file("ca.pem")} << "nothing of the kind\n";
    auto const ca = directory.file("ca.pem");
    EXPECT_EQ(problem_of("type: webhook, url: 'https://x/'"), "good");
    auto const problem = problem_of("type: webhook, url: 'https://x/', ca_file: ca.pem");
    EXPECT_TRUE(problem.starts_with("sinks[0].ca_file: the CA file " + ca + " holds no certificate")) << problem;
}

TEST_F(sink_verify, says_nothing_of_options_that_are_wrong_themselves) {
    option_node options;
    options.kind = option_kind::map;
    problems found;
    for (auto const* type : {"file", "exec", "webhook", "carrier-pigeon"})
        verify_sink(type, options, found);
    EXPECT_FALSE(found.any());
}

} // namespace
} // namespace runwatch
