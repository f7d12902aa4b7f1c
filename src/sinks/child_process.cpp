#include "sinks/child_process.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

void check(int error, char const* what) {
    if (error != 0)
        throw std::system_error{error, std::generic_category(), what};
}

struct pipe_ends {
    descriptor read;
    descriptor write;
};

pipe_ends make_pipe() {
    int ends[2] = {-1, -1};
    check(::pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno, "pipe");
    return {descriptor{ends[0]}, descriptor{ends[1]}};
}

/// Which of our descriptors become the child's standard streams; no other stays open.
class file_actions {
public:
    file_actions(descriptor const& input, descriptor const& output, descriptor const& errors) {
        check(::posix_spawn_file_actions_init(&actions_), "posix_spawn");
        ::posix_spawn_file_actions_adddup2(&actions_, input.get(), STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, output.get(), STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, errors.get(), STDERR_FILENO);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    }

    ~file_actions() { ::posix_spawn_file_actions_destroy(&actions_); }

    file_actions(file_actions const&) = delete;
    file_actions& operator=(file_actions const&) = delete;

    posix_spawn_file_actions_t const* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// A process group of its own, and every signal as it is by default.
class attributes {
public:
    attributes() {
        check(::posix_spawnattr_init(&attributes_), "posix_spawn");
        sigset_t signals;
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }

    ~attributes() { ::posix_spawnattr_destroy(&attributes_); }

    attributes(attributes const&) = delete;
    attributes& operator=(attributes const&) = delete;

    posix_spawnattr_t const* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

/// The texts as a C function takes them: they must outlive it.
std::vector<char*> pointers_to(std::vector<std::string> const& texts) {
    std::vector<char*> pointers;
    for (auto const& text : texts)
        pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

void open(child_process::stream& stream, descriptor from) {
    boost::system::error_code error;
    stream.assign(from.get(), error);
    check(error.value(), "pipe");
    from.release();
    stream.non_blocking(true, error);
}

} // namespace

child_process::child_process(asio::any_io_executor executor, std::vector<std::string> const& command,
                             std::vector<std::string> const& environment)
    : input_(executor), output_(executor), errors_(executor), ended_(executor) {
    auto input = make_pipe();
    auto output = make_pipe();
    auto errors = make_pipe();
    file_actions const actions{input.read, output.write, errors.write};
    attributes const attributes;
    auto const arguments = pointers_to(command);
    auto const variables = pointers_to(environment);
    pid_t started = 0;
    check(::posix_spawnp(&started, arguments.front(), actions.get(), attributes.get(), arguments.data(),
                         variables.data()),
          "posix_spawn");
    process_.id = started;
    // glibc 2.36 declares pidfd_open() for C alone.
    descriptor ended{static_cast<int>(::syscall(SYS_pidfd_open, started, 0))};
    check(ended ? 0 : errno, "pidfd_open");
    open(ended_, std::move(ended));
    open(input_, std::move(input.write));
    open(output_, std::move(output.read));
    open(errors_, std::move(errors.read));
}

asio::awaitable<void> child_process::wait() { return ended_.async_wait(stream::wait_read, asio::use_awaitable); }

void child_process::signal(int number) const {
    if (process_.id != 0)
        ::kill(-process_.id, number);
}

int child_process::reap() { return process_.reap(); }

child_process::process::~process() {
    if (id == 0)
        return;
    ::kill(-id, SIGKILL);
    reap();
}

int child_process::process::reap() {
    int status = 0;
    while (id != 0 && ::waitpid(id, &status, 0) < 0 && errno == EINTR) {
    }
    id = 0;
    return status;
}

} // namespace runwatch
