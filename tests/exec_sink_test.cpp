#include "sinks/exec_sink.hpp"

#include "runwatch/open_files.hpp"
#include "support/run_coroutine.hpp"
#include "support/sample_results.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

class exec_sink_test : public ::testing::Test {
protected:
    // As the program does: who does not read its input must not end us.
    exec_sink_test() : before(std::signal(SIGPIPE, SIG_IGN)) {}

    ~exec_sink_test() override {
        EXPECT_TRUE(runs_empty(io)) << "something is left on the loop";
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was not reaped";
        std::signal(SIGPIPE, before);
    }

    /// The sink's command: a shell script of these lines.
    void script(std::string const& lines) {
        write_file(directory.file("script"), lines);
        settings.command = {"/bin/sh", directory.file("script")};
    }

    std::string deliver(run_result const& given = failed_result()) {
        exec_sink sink{io.get_executor(), settings};
        return text_of(run(io, sink.deliver(given)));
    }

    static std::string text_of(result<void> const& done) {
        return done ? "ok" : std::string{to_string(done.error().kind)} + ": " + done.error().message;
    }

    std::string written(std::string const& file) const { return content_of(directory.file(file)); }

    /// Runs the loop until something holds that another process brings about.
    void await(std::function<bool()> const& condition) {
        auto const end = std::chrono::steady_clock::now() + ceiling;
        while (!condition() && std::chrono::steady_clock::now() < end)
            pass(io, 1ms);
        EXPECT_TRUE(condition()) << "the test waited too long";
    }

    /// Waits until the script has written a file.
    void await_file(std::string const& file) {
        await([&] { return written(file).ends_with('\n'); });
    }

    static bool is_running(pid_t process) {
        auto const status = content_of("/proc/" + std::to_string(process) + "/stat");
        return !status.empty() && status.find(") Z") == std::string::npos;
    }

    boost::asio::io_context io;
    temporary_directory directory;
    exec_settings settings{"pager", {}, 10s, log_limit::full, 1, {}, {}};
    void (*before)(int);
};

TEST_F(exec_sink_test, gives_the_result_on_standard_input) {
    script("cat > \"${0%/*}/seen\"");
    EXPECT_EQ(deliver(), "ok");
    EXPECT_EQ(written("seen"), to_json(failed_result()) + '\n');
    settings.logs = log_limit::omit;
    EXPECT_EQ(deliver(), "ok");
    EXPECT_EQ(written("seen"), to_json(with_limited_logs(failed_result(), log_limit::omit)) + '\n');
    auto large = failed_result();
    large.run->raw = R"({"logs":")" + std::string(2'000'000, 'x') + "\"}";
    settings.logs = log_limit::full;
    EXPECT_EQ(deliver(large), "ok");
    EXPECT_EQ(written("seen"), to_json(large) + '\n');
}

TEST_F(exec_sink_test, passes_arguments_as_they_are_and_finds_commands_by_path) {
    settings.command = {"sh", "-c", R"(printf '%s|' "$@" > "$0")", directory.file("seen"), "a b", "$HOME", "", "*"};
    EXPECT_EQ(deliver(), "ok");
    EXPECT_EQ(written("seen"), "a b|$HOME||*|");
}

TEST_F(exec_sink_test, tells_what_is_most_asked_for_in_the_environment) {
    script("env > \"${0%/*}/seen\"");
    ::setenv("TELNYX_API_KEY", "KEY-secret", 1);
    ::setenv("NOTIFY_SOCKET", "/run/x", 1);
    ::setenv("OPS_SECRET", "hidden", 1);
    ::setenv("RUNWATCH_TEST_ID", "stale", 1);
    ::setenv("OTHER", "kept", 1);
    settings.hidden_variables = {"OPS_SECRET"};
    auto given = failed_result();
    given.labels["team name-2"] = "voice=x";
    EXPECT_EQ(deliver(given), "ok");
    for (auto const* name : {"TELNYX_API_KEY", "NOTIFY_SOCKET", "OPS_SECRET", "RUNWATCH_TEST_ID", "OTHER"})
        ::unsetenv(name);
    auto const seen = '\n' + written("seen");
    for (auto const& line :
         {"RUNWATCH_ID=" + result_id(given.key, given.ended), std::string{"RUNWATCH_TYPE=run.failed"},
          std::string{"RUNWATCH_STATUS=failed"}, std::string{"RUNWATCH_TEST_ID=T1"}, std::string{"RUNWATCH_RUN_ID=R1"},
          std::string{"RUNWATCH_LABEL_ENV=staging"}, std::string{"RUNWATCH_LABEL_TEAM_NAME_2=voice=x"},
          std::string{"OTHER=kept"}, "PATH=" + std::string{std::getenv("PATH")}})
        EXPECT_NE(seen.find('\n' + line + '\n'), std::string::npos) << line << seen;
    for (auto const* name : {"TELNYX_API_KEY", "NOTIFY_SOCKET", "OPS_SECRET"})
        EXPECT_EQ(seen.find(name), std::string::npos) << name;
}

TEST_F(exec_sink_test, gives_hostile_texts_as_they_are) {
    auto given = failed_result();
    given.key.test_id = "a\nb=$(touch x)`id`";
    given.key.run_id = std::string{"cut\0off", 7};
    given.labels = {{"é", std::string(200'000, 'x')}};
    script("printf '%s' \"$RUNWATCH_TEST_ID$RUNWATCH_RUN_ID${#RUNWATCH_LABEL___}\" > \"${0%/*}/seen\"");
    EXPECT_EQ(deliver(given), "ok");
    EXPECT_EQ(written("seen"), "a\nb=$(touch x)`id`cut4096");
}

TEST_F(exec_sink_test, fails_as_transient_with_the_last_line_of_what_the_command_said) {
    script("echo result\necho first >&2\nprintf 'last \\033[31mred' >&2\necho >&2\necho >&2\nexit 3");
    EXPECT_EQ(deliver(), "transient: sink pager: /bin/sh exited with status 3: last ?[31mred");
    script("echo only this\nexit 75");
    EXPECT_EQ(deliver(), "transient: sink pager: /bin/sh exited with status 75: only this");
    script("exit 1");
    EXPECT_EQ(deliver(), "transient: sink pager: /bin/sh exited with status 1");
    script("kill -9 $$");
    EXPECT_EQ(deliver(), "transient: sink pager: /bin/sh was ended by signal 9 (Killed)");
    settings.command = {directory.file("missing")};
    EXPECT_EQ(deliver(),
              "transient: sink pager: " + directory.file("missing") + " cannot be started: No such file or directory");
    settings.command = {directory.file("script")};
    EXPECT_EQ(deliver(),
              "transient: sink pager: " + directory.file("script") + " cannot be started: Permission denied");
}

TEST_F(exec_sink_test, does_not_mind_a_command_that_reads_nothing) {
    auto large = failed_result();
    large.run->raw = R"({"logs":")" + std::string(1'000'000, 'x') + "\"}";
    script("exec <&-\nexit 0");
    EXPECT_EQ(deliver(large), "ok");
    script("exit 0");
    EXPECT_EQ(deliver(large), "ok");
}

TEST_F(exec_sink_test, reads_and_drops_whatever_the_command_says) {
    script("i=0\nwhile [ $i -lt 2000 ]; do printf '%0500d\\n' $i; printf '%0500d\\n' $i >&2; i=$((i + 1)); done\n"
           "cat > /dev/null\necho end >&2\nexit 1");
    EXPECT_EQ(deliver(), "transient: sink pager: /bin/sh exited with status 1: end");
}

TEST_F(exec_sink_test, does_not_wait_for_what_the_command_left_behind) {
    script("sleep 100 &\necho $! > \"${0%/*}/left\"\necho done >&2\nexit 1");
    EXPECT_EQ(deliver(), "transient: sink pager: /bin/sh exited with status 1: done");
    auto const left = std::stoi(written("left"));
    EXPECT_TRUE(is_running(left));
    ::kill(left, SIGKILL);
}

TEST_F(exec_sink_test, asks_a_command_that_takes_too_long_to_end) {
    settings.timeout = 100ms;
    script("trap 'echo asked > \"${0%/*}/asked\"; exit 0' TERM\necho working >&2\nwhile :; do sleep 0.01; done");
    EXPECT_TRUE(deliver().starts_with("transient: sink pager: /bin/sh did not end within 100 ms and was stopped: "));
    EXPECT_EQ(written("asked"), "asked\n");
}

TEST_F(exec_sink_test, ends_by_force_what_does_not_listen_and_all_it_has_started) {
    settings.timeout = 100ms;
    script("trap '' TERM\nsh -c 'trap \"\" TERM; while :; do sleep 1; done' &\necho $! > \"${0%/*}/other\"\n"
           "while :; do sleep 1; done");
    EXPECT_EQ(deliver(), "transient: sink pager: /bin/sh did not end within 100 ms and was stopped");
    auto const other = std::stoi(written("other"));
    await([&] { return !is_running(other); });
}

TEST_F(exec_sink_test, kills_and_reaps_the_command_when_it_is_cancelled) {
    script("trap '' TERM\necho $$ > \"${0%/*}/pid\"\nwhile :; do sleep 1; done");
    exec_sink sink{io.get_executor(), settings};
    task<result<void>> delivery{io, sink.deliver(failed_result())};
    await_file("pid");
    auto const process = std::stoi(written("pid"));
    EXPECT_TRUE(is_running(process));
    delivery.cancel();
    EXPECT_TRUE(ends_cancelled(delivery));
    EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(process))) << "reaped, too";
}

TEST_F(exec_sink_test, starts_its_command_clean) {
    // Neither what leaks from other libraries nor our signals may reach it.
    auto const leak = ::open("/dev/null", O_RDONLY);
    sigset_t blocked;
    sigset_t mask;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &mask);
    script("exec 3>\"${0%/*}/status\"\nls -l /proc/$$/fd > \"${0%/*}/fds\"\n"
           "grep -E '^Sig(Blk|Ign)' /proc/self/status >&3");
    EXPECT_EQ(deliver(), "ok");
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    ::close(leak);
    auto const status = written("status");
    EXPECT_NE(status.find("SigBlk:\t0000000000000000"), std::string::npos) << status;
    // The C library keeps 32 and 33 to itself.
    auto const ignored = status.find("SigIgn:\t");
    ASSERT_NE(ignored, std::string::npos) << status;
    EXPECT_EQ(std::stoull(status.substr(ignored + 8), nullptr, 16) & 0x7FFFFFFFU, 0U) << status;
    std::istringstream lines{written("fds")};
    for (std::string line; std::getline(lines, line);) {
        auto const target = line.substr(std::min(line.find(" -> "), line.size()));
        auto const is_expected = target.empty() || target.find("pipe:") != std::string::npos ||
                                 target.find(directory.path()) != std::string::npos;
        EXPECT_TRUE(is_expected) << "leaked: " << line;
    }
}

TEST_F(exec_sink_test, gives_its_command_the_limit_of_open_files_that_we_were_started_with) {
    rlimit before_all{};
    ::getrlimit(RLIMIT_NOFILE, &before_all);
    auto const small = rlimit{500, before_all.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &small);
    open_files::raise_limit();
    rlimit raised{};
    ::getrlimit(RLIMIT_NOFILE, &raised);
    EXPECT_EQ(raised.rlim_cur, std::min<rlim_t>(before_all.rlim_max, 65'536));
    script("ulimit -Sn > \"${0%/*}/limit\"");
    EXPECT_EQ(deliver(), "ok");
    EXPECT_EQ(written("limit"), "500\n");
    ::setrlimit(RLIMIT_NOFILE, &before_all);
}

TEST_F(exec_sink_test, starts_what_it_finds_and_says_why_it_cannot) {
    // In a folder of PATH that is behind others, as the C library looks for it.
    std::string const path = std::getenv("PATH");
    write_file(directory.file("say-hello"), "#!/bin/sh\necho hello > \"${0%/*}/seen\"\n");
    ::chmod(directory.file("say-hello").c_str(), 0755);
    ::setenv("PATH", ("/nowhere:" + directory.path() + ":" + path).c_str(), 1);
    settings.command = {"say-hello"};
    EXPECT_EQ(deliver(), "ok");
    EXPECT_EQ(written("seen"), "hello\n");
    settings.command = {"say-nothing"};
    EXPECT_NE(deliver().find("No such file or directory"), std::string::npos) << deliver();
    ::setenv("PATH", path.c_str(), 1);
    // No shell has a part in it, not even where a program is none.
    write_file(directory.file("no-program"), "echo hello\n");
    ::chmod(directory.file("no-program").c_str(), 0755);
    settings.command = {directory.file("no-program")};
    EXPECT_NE(deliver().find("Exec format error"), std::string::npos) << deliver();
    settings.command = {directory.path()};
    EXPECT_NE(deliver().find("Permission denied"), std::string::npos) << deliver();
}

TEST_F(exec_sink_test, runs_as_many_at_once_as_it_is_asked_to) {
    settings.concurrency = 3;
    script("echo $$ > \"${0%/*}/$RUNWATCH_RUN_ID\"\nwhile [ ! -e \"${0%/*}/go\" ]; do sleep 0.01; done");
    exec_sink sink{io.get_executor(), settings};
    EXPECT_EQ(sink.concurrency(), 3U);
    std::vector<task<result<void>>> deliveries;
    for (auto const* run : {"R1", "R2", "R3"})
        deliveries.emplace_back(io, sink.deliver(failed_result(run)));
    for (auto const* run : {"R1", "R2", "R3"})
        await_file(run);
    write_file(directory.file("go"), "");
    for (auto& each : deliveries)
        EXPECT_EQ(text_of(each.get()), "ok");
}

} // namespace
} // namespace runwatch
