#include "app/app.hpp"
#include "cli/commands.hpp"
#include "cli/config_option.hpp"
#include "cli/terminal.hpp"
#include "cli/termination_log.hpp"
#include "cli/version.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/join.hpp"
#include "runwatch/log.hpp"
#include "runwatch/open_files.hpp"
#include "runwatch/systemd.hpp"

#include <CLI/CLI.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <malloc.h>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

constexpr auto serve_help_footer = R"(Signals:
  SIGHUP            read the config anew and put it in force, if nothing is wrong with it
  SIGUSR1           open result files anew, as after a rotation
  SIGTERM, SIGINT   stop: what is under way has 10 s to end; a second one ends at once.
                    Nothing is lost either way

Exit status:
  0    stopped by a signal, or, with exit: when_idle, nothing is left to do
  1    the state cannot be used    64   wrong usage    78   wrong configuration

In a container the file /dev/termination-log, or the one that the variable
RUNWATCH_TERMINATION_LOG names, gets what came of it, if it is there.)";

/// Does what signals say, until cancelled.
asio::awaitable<void> heed_signals(asio::signal_set& signals, app& daemon) {
    for (auto stopping = false;;) {
        auto const number = co_await signals.async_wait(asio::use_awaitable);
        if (number == SIGHUP) {
            daemon.reload();
            daemon.reopen();
        } else if (number == SIGUSR1) {
            daemon.reopen();
        } else if (std::exchange(stopping, true)) {
            // As the first process of a container, a default action would do nothing.
            std::_Exit(128 + number);
        } else {
            daemon.stop(number == SIGTERM ? "told to stop by SIGTERM" : "told to stop by SIGINT");
        }
    }
}

/// Memory that is not needed any more goes back to the system: what a start or a reload with a hundred thousand watches
/// takes for a moment, glibc would keep, as its own threshold grows with the largest block that was ever freed.
void give_memory_back() { ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024); }

constexpr std::string_view could_not_start = "runwatch could not start: ";

int refuse_to_start(log& to, state_error const& error) {
    to.error("cannot start", {{"error", error.what()}});
    write_termination_log(std::string{could_not_start} + error.what() + '\n');
    return 1;
}

app::service_notes service_notes() {
    app::service_notes notes;
    if (systemd::wants_notes())
        notes.notify = &systemd::notify;
    notes.watchdog = systemd::watchdog_limit();
    notes.sockets = systemd::take_sockets();
    return notes;
}

int run_daemon(std::string const& file) {
    give_memory_back();
    // Before anything is counted in files, as the connections of the control API are.
    open_files::raise_limit();
    asio::io_context loop{1};
    // Before anything else: until then a SIGHUP would end the process.
    asio::signal_set signals{loop};
    for (auto const number : {SIGHUP, SIGUSR1, SIGTERM, SIGINT})
        signals.add(number);
    check_is_there(file);
    auto const load = [file] { return load_config(file, &check_sink); };
    auto loaded = load();
    log to{loaded.config.log, STDERR_FILENO};
    for (auto const& warning : loaded.warnings)
        to.warning("config warning", {{"problem", warning}});

    system_clock clock{loop.get_executor()};
    std::random_device entropy;
    app::options options{load, user_agent(), (std::uint64_t{entropy()} << 32) | entropy(), service_notes()};
    std::unique_ptr<app> daemon;
    try {
        daemon = std::make_unique<app>(loop.get_executor(), clock, to, std::move(loaded.config), std::move(options));
    } catch (state_error const& error) {
        return refuse_to_start(to, error);
    }

    std::vector<asio::awaitable<void>> loops;
    loops.push_back(heed_signals(signals, *daemon));
    loops.push_back(daemon->run());
    std::exception_ptr trouble;
    asio::co_spawn(loop, race(std::move(loops)),
                   [&trouble](std::exception_ptr thrown, std::size_t) { trouble = std::move(thrown); });
    loop.run();
    try {
        if (trouble)
            std::rethrow_exception(trouble);
    } catch (state_error const& error) {
        return refuse_to_start(to, error);
    }
    write_termination_log(to_text(daemon->summary()));
    return 0;
}

int serve(std::string const& file) {
    try {
        return run_daemon(file);
    } catch (std::exception const& error) {
        write_termination_log(std::string{could_not_start} + error.what() + '\n');
        throw;
    }
}

} // namespace

void add_serve(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("serve", "Watch the runs of a config and deliver their results");
    command->footer(serve_help_footer);
    auto const file = std::make_shared<std::string>();
    add_config_option(*command, *file);
    command->callback([&chosen, file] { chosen = [file] { return serve(*file); }; });
}

} // namespace runwatch::cli
