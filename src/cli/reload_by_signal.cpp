#include "cli/reload_by_signal.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <poll.h>
#include <string>
#include <system_error>
#include <unistd.h>

namespace runwatch::cli {
namespace {

using steady = std::chrono::steady_clock;

/// A daemon with a hundred thousand watches needs seconds; one that hangs is not waited for.
constexpr std::chrono::seconds patience{60};

/// Between two looks at the state.
constexpr int gap_ms = 50;

void pause() { ::poll(nullptr, 0, gap_ms); }

/// The name of a process's program; empty if nothing is known of it.
std::string program_of(std::string const& process) {
    std::string name;
    std::getline(std::ifstream{"/proc/" + process + "/comm"}, name);
    return name;
}

state_error no_daemon(std::string const& path) {
    return state_error{"no daemon runs with the state " + path +
                       ": start one (`runwatch serve`, or `systemctl start runwatch`); it reads the config then"};
}

/// The pid of the daemon, once it has written that down.
int wait_for_pid(state_reader const& state, std::string const& path, steady::time_point until) {
    for (;;) {
        auto const pid = state.owner();
        if (!pid)
            throw no_daemon(path);
        if (*pid != 0)
            return *pid;
        if (steady::now() >= until)
            throw state_error{"the daemon that runs with the state " + path + " does not say its pid"};
        pause();
    }
}

void send_hangup(int pid, std::string const& path) {
    // Seen from another container the number is that of somebody else.
    if (auto const program = program_of(std::to_string(pid)); !program.empty() && program != program_of("self"))
        throw state_error{"the daemon that runs with the state " + path + " says that its pid is " +
                          std::to_string(pid) +
                          ", but that is another program here: if it runs in a container, reload "
                          "it in there"};
    if (::kill(pid, SIGHUP) == 0)
        return;
    if (errno == ESRCH)
        throw state_error{"the daemon that runs with the state " + path + " says that its pid is " +
                          std::to_string(pid) +
                          ", but there is no such process here: if it runs in a container, reload it in there"};
    if (errno == EPERM)
        throw state_error{"the daemon (pid " + std::to_string(pid) +
                          ") is another user's: reload it as that user or as root"};
    throw state_error{"the daemon (pid " + std::to_string(pid) +
                      ") cannot be signalled: " + std::generic_category().message(errno)};
}

} // namespace

reload_note reload_by_signal(std::string const& state_path) {
    state_reader const state{state_path};
    auto const until = steady::now() + patience;
    auto const pid = wait_for_pid(state, state_path, until);
    auto const before = state.last_reload().generation;
    send_hangup(pid, state_path);
    for (;;) {
        auto note = state.last_reload();
        if (note.generation > before)
            return note;
        if (state.owner() != pid)
            throw state_error{"the daemon (pid " + std::to_string(pid) +
                              ") ended before it said what came of the reload: see its log"};
        if (steady::now() >= until)
            throw state_error{"the daemon (pid " + std::to_string(pid) + ") has not said within " +
                              std::to_string(patience.count()) + " s what came of the reload: see its log"};
        pause();
    }
}

} // namespace runwatch::cli
