#include "sinks/spawn.hpp"

#include "runwatch/open_files.hpp"
#include "runwatch/signals_blocked.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace runwatch {
namespace {

/// What the child needs to know, made before there is one: it may not allocate.
struct birth {
    std::vector<char const*> candidates;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    int streams[3] = {-1, -1, -1};
    rlimit const* files = nullptr;
    sigset_t no_signals{};
};

/// The texts as a C function takes them: they must outlive it.
std::vector<char*> pointers_to(std::vector<std::string> const& texts) {
    std::vector<char*> pointers;
    for (auto const& text : texts)
        pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

/// Where a command may be, in the order in which the C library would look.
std::vector<std::string> places_of(std::string const& name) {
    if (name.find('/') != std::string::npos)
        return {name};
    auto const* const variable = std::getenv("PATH");
    std::string_view path = variable != nullptr ? variable : "/bin:/usr/bin";
    std::vector<std::string> places;
    for (auto is_last = false; !is_last;) {
        auto const end = path.find(':');
        is_last = end == std::string_view::npos;
        std::string place{path.substr(0, end)};
        if (!place.empty())
            place += '/';
        places.push_back(place += name);
        path.remove_prefix(is_last ? path.size() : end + 1);
    }
    return places;
}

/// Becomes the command, in the child, which has our memory until then: system calls alone, and nothing is changed.
/// Returns the error if that fails.
int become(birth const& wanted) {
    // What would handle a signal is ours, too: no such handler may run here.
    struct sigaction usual {};

    usual.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number)
        ::sigaction(number, &usual, nullptr);
    if (::setpgid(0, 0) != 0)
        return errno;
    // Our own three are open from the start: none of these is in the place of another.
    for (int stream = 0; stream != 3; ++stream)
        if (wanted.streams[stream] == stream ? ::fcntl(stream, F_SETFD, 0) != 0
                                             : ::dup2(wanted.streams[stream], stream) < 0)
            return errno;
    // What is ours closes by itself; this is for what libraries may leak, where the kernel has it (5.9).
    if (::close_range(3, ~0U, 0) != 0 && errno != ENOSYS)
        return errno;
    if (wanted.files != nullptr)
        ::setrlimit(RLIMIT_NOFILE, wanted.files);
    ::sigprocmask(SIG_SETMASK, &wanted.no_signals, nullptr);
    auto is_forbidden = false;
    for (auto const* const place : wanted.candidates) {
        ::execve(place, wanted.arguments.data(), wanted.environment.data());
        is_forbidden = is_forbidden || errno == EACCES;
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
            return errno;
    }
    return is_forbidden ? EACCES : ENOENT;
}

/// Makes the child, which is in our memory while we wait: a copy of a large process would take long.
pid_t give_birth(birth const& wanted, int& error) {
    signals_blocked const meanwhile;
    int volatile failed = 0;
    auto const child = ::vfork();
    if (child == 0) {
        failed = become(wanted);
        ::_exit(127);
    }
    error = child < 0 ? errno : failed;
    return child;
}

} // namespace

pid_t spawn(std::vector<std::string> const& command, std::vector<std::string> const& environment,
            descriptor const& input, descriptor const& output, descriptor const& errors) {
    auto const places = places_of(command.front());
    birth wanted;
    for (auto const& place : places)
        wanted.candidates.push_back(place.c_str());
    wanted.arguments = pointers_to(command);
    wanted.environment = pointers_to(environment);
    wanted.streams[0] = input.get();
    wanted.streams[1] = output.get();
    wanted.streams[2] = errors.get();
    wanted.files = open_files::limit_of_children();
    ::sigemptyset(&wanted.no_signals);
    int error = 0;
    auto const child = give_birth(wanted, error);
    if (child >= 0 && error != 0)
        ::waitpid(child, nullptr, 0);
    if (error != 0)
        throw std::system_error{error, std::generic_category(), "exec"};
    return child;
}

} // namespace runwatch
