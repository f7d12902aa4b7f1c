#pragma once

#include "runwatch/limit_logs.hpp"
#include "runwatch/options.hpp"
#include "runwatch/problems.hpp"
#include "runwatch/sink.hpp"
#include "sinks/redaction.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <string>
#include <vector>

namespace runwatch {

struct exec_settings {
    /// The sink's name, for messages.
    std::string name;
    /// A path, or a name to be found by PATH, and the arguments.
    std::vector<std::string> command;
    /// How long one run of the command may take.
    duration timeout{30'000};
    log_limit logs = log_limit::truncate;
    /// How many may run at once.
    std::size_t concurrency = 1;
    /// Variables of our environment that the command does not get, besides those that never reach it.
    std::vector<std::string> hidden_variables;
    /// Arguments that do not stand in the config file itself: no message quotes them.
    std::vector<std::string> secret_arguments;
};

/// Reads all but the name and the hidden variables.
exec_settings read_exec_settings(option_map& options);

/// Reports a command that is not there, or that this user may not run.
void verify_exec(option_map& options, problems& found);

/// Runs a command with each result: its JSON on standard input, what is most asked for in the environment.
///
/// It has delivered when it exits with 0. Everything else fails as transient: another status, a signal, a timeout, a
/// command that cannot be started. What runs too long gets SIGTERM, and SIGKILL two seconds later, with its whole
/// process group. Its output is read and dropped, but for the last line, which a failure quotes without the secrets in
/// it. A cancelled delivery kills the command and waits for that, which takes no time.
class exec_sink : public sink {
public:
    exec_sink(boost::asio::any_io_executor executor, exec_settings settings);

    boost::asio::awaitable<result<void>> deliver(run_result given) override;

    std::size_t concurrency() const override { return settings_.concurrency; }

private:
    failure explain(std::string const& what, std::string_view said) const;
    redaction secrets() const;

    boost::asio::any_io_executor executor_;
    exec_settings settings_;
};

/// The environment of a command: ours, without the variables that hold secrets or are for us alone, and with
/// `RUNWATCH_ID`, `RUNWATCH_TYPE`, `RUNWATCH_STATUS`, `RUNWATCH_TEST_ID`, `RUNWATCH_RUN_ID` and a `RUNWATCH_LABEL_NAME`
/// for each label, its name in capitals and with `_` for what is no letter or digit.
std::vector<std::string> command_environment(run_result const& result, std::vector<std::string> const& hidden);

} // namespace runwatch
