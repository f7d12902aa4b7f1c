#include "sinks/child_process.hpp"

#include "sinks/spawn.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
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
    process_.id = spawn(command, environment, input.read, output.write, errors.write);
    // glibc 2.36 declares pidfd_open() for C alone.
    descriptor ended{static_cast<int>(::syscall(SYS_pidfd_open, process_.id, 0))};
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
