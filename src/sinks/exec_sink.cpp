#include "sinks/exec_sink.hpp"

#include "options/values.hpp"
#include "runwatch/join.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"
#include "sinks/child_process.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <sys/wait.h>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// From the request to end to the end by force.
constexpr duration last_warning{2'000};

/// The end of what a command writes.
class output_tail {
public:
    void add(std::string_view text) {
        text_ += text;
        if (text_.size() > 2 * most_bytes)
            text_.erase(0, text_.size() - most_bytes);
    }

    /// The last line that is not blank.
    std::string_view last_line() const {
        auto const text = trim(text_);
        auto const start = text.find_last_of("\r\n");
        return start == std::string_view::npos ? text : text.substr(start + 1);
    }

private:
    static constexpr std::size_t most_bytes = std::size_t{32} * 1024;
    std::string text_;
};

/// A run of the command, with what its loops share.
struct command_run {
    command_run(asio::any_io_executor executor_, std::vector<std::string> const& command,
                std::vector<std::string> const& environment, std::string input_)
        : executor(executor_), child(std::move(executor_), command, environment), input(std::move(input_)) {}

    asio::any_io_executor executor;
    child_process child;
    std::string input;
    output_tail output;
    output_tail errors;
    bool timed_out = false;
};

asio::awaitable<void> pause(asio::any_io_executor executor, duration time) {
    asio::steady_timer timer(executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

/// Waits for the command, so long at most. Tells whether it has ended.
asio::awaitable<bool> ends_within(command_run& run, duration time) {
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(run.child.wait());
    loops.push_back(pause(run.executor, time));
    auto const first = co_await race(std::move(loops));
    co_return first == 0;
}

/// Returns once the command has ended, if need be by force.
asio::awaitable<void> see_to_its_end(command_run& run, duration timeout) {
    auto const ended = co_await ends_within(run, timeout);
    if (ended)
        co_return;
    run.timed_out = true;
    run.child.signal(SIGTERM);
    co_await ends_within(run, last_warning);
    // Whoever of the group has not listened, be it not the command itself.
    run.child.signal(SIGKILL);
    co_await run.child.wait();
}

asio::awaitable<void> feed(command_run& run) {
    boost::system::error_code error;
    auto const all = asio::buffer(run.input);
    co_await asio::async_write(run.child.input(), all, asio::redirect_error(asio::use_awaitable, error));
    // A command need not read it: only how it ends counts.
    run.child.input().close(error);
}

asio::awaitable<void> drain(child_process::stream& from, output_tail& to) {
    std::array<char, 4096> piece;
    auto const room = asio::buffer(piece);
    boost::system::error_code error;
    while (!error) {
        auto const count = co_await from.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
        to.add(std::string_view(piece.data(), count));
    }
}

/// Serves the command's streams for as long as it runs: never returns.
asio::awaitable<void> serve(command_run& run) {
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(feed(run));
    loops.push_back(drain(run.child.output(), run.output));
    loops.push_back(drain(run.child.errors(), run.errors));
    co_await join(std::move(loops));
    asio::steady_timer never(run.executor, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
}

/// Takes what a stream holds, and does not wait for more: a child of the command may keep it open for ever.
void drain_rest(child_process::stream& from, output_tail& to) {
    std::array<char, 4096> piece{};
    boost::system::error_code error;
    for (int count = 0; count < 64 && !error; ++count)
        to.add({piece.data(), from.read_some(asio::buffer(piece), error)});
}

/// How a command ended, as a message says it; empty for success.
std::string describe_end(int status) {
    if (WIFSIGNALED(status))
        return "was ended by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ')';
    if (WEXITSTATUS(status) != 0)
        return "exited with status " + std::to_string(WEXITSTATUS(status));
    return {};
}

} // namespace

exec_settings read_exec_settings(option_map& options) {
    using namespace std::chrono_literals;
    exec_settings settings;
    settings.command = options.require_texts("command");
    // As a shell does, a program without a slash is looked for in PATH.
    if (!settings.command.empty() && settings.command.front().find('/') != std::string::npos)
        settings.command.front() = absolute_path(settings.command.front(), options.place_of("command"));
    auto const* const command = options.find("command");
    for (std::size_t index = 1; index < settings.command.size(); ++index)
        if (command->items[index].kind != option_kind::text)
            settings.secret_arguments.push_back(settings.command[index]);
    settings.timeout = options.read_duration("timeout", settings.timeout, {100ms, 24h});
    settings.logs = read_log_limit(options, settings.logs);
    settings.concurrency = options.read_number("concurrency", settings.concurrency, {1, 64});
    return settings;
}

exec_sink::exec_sink(asio::any_io_executor executor, exec_settings settings)
    : executor_(std::move(executor)), settings_(std::move(settings)) {}

asio::awaitable<result<void>> exec_sink::deliver(run_result given) {
    auto const environment = command_environment(given, settings_.hidden_variables);
    auto input = to_json(with_limited_logs(std::move(given), settings_.logs)) + '\n';
    std::optional<command_run> run;
    try {
        run.emplace(executor_, settings_.command, environment, std::move(input));
    } catch (std::system_error const& error) {
        co_return explain("cannot be started", error.code().message());
    }
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(see_to_its_end(*run, settings_.timeout));
    loops.push_back(serve(*run));
    co_await race(std::move(loops));
    drain_rest(run->child.output(), run->output);
    drain_rest(run->child.errors(), run->errors);
    auto end = describe_end(run->child.reap());
    if (run->timed_out)
        end = "did not end within " + format_duration(settings_.timeout) + " and was stopped";
    if (end.empty())
        co_return result<void>();
    auto said = run->errors.last_line();
    if (said.empty())
        said = run->output.last_line();
    co_return explain(end, said);
}

failure exec_sink::explain(std::string const& what, std::string_view said) const {
    auto message = "sink " + settings_.name + ": " + to_printable(settings_.command.front()) + ' ' + what;
    if (!said.empty())
        message += ": " + to_printable(secrets().apply(std::string{said}));
    return {failure_kind::transient, message};
}

redaction exec_sink::secrets() const {
    redaction all;
    for (auto const& argument : settings_.secret_arguments)
        all.add(argument);
    for (auto const& name : settings_.hidden_variables)
        if (auto const* const value = std::getenv(name.c_str()))
            all.add(value);
    return all;
}

} // namespace runwatch
