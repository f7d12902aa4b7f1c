#pragma once

#include "sinks/descriptor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <string>
#include <sys/types.h>
#include <vector>

namespace runwatch {

/// A command that runs beside us in a process group of its own, with pipes to its three standard streams.
///
/// It gets no other descriptor of ours, no signal mask, no ignored signal, and not our raised limit of open files. If
/// it has not ended when the object goes, its whole group is killed; either way it is reaped, so that no zombie stays.
/// Our process must ignore SIGPIPE.
class child_process {
public:
    using stream = boost::asio::posix::stream_descriptor;

    /// Starts the command: a path, or a name to be found by PATH, with its arguments and its whole environment of
    /// `NAME=value`. No shell has a part in it. Throws std::system_error.
    child_process(boost::asio::any_io_executor executor, std::vector<std::string> const& command,
                  std::vector<std::string> const& environment);

    /// Its standard input, ours to write to. Close it to end it.
    stream& input() { return input_; }

    stream& output() { return output_; }

    stream& errors() { return errors_; }

    /// Waits until the command has ended. What it has started itself may go on. Throws
    /// system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> wait();

    /// Sends a signal to the command and everything in its process group. To be called before reap().
    void signal(int number) const;

    /// The status of the command that has ended, as waitpid() has it.
    int reap();

private:
    /// Kills and reaps what was not reaped.
    class process {
    public:
        process() = default;
        ~process();

        process(process const&) = delete;
        process& operator=(process const&) = delete;

        int reap();

        pid_t id = 0;
    };

    process process_;
    stream input_;
    stream output_;
    stream errors_;
    stream ended_;
};

} // namespace runwatch
