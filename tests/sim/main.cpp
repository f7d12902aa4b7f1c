#include "runwatch/units.hpp"
#include "sim/options.hpp"
#include "sim/scenario.hpp"
#include "sim/server.hpp"
#include "sim/simulation.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace {

using namespace runwatch;
using namespace runwatch::sim;

constexpr int bad_scenario = 78;

/// Lets the stand-in end together with whoever started it. Returns whether that one is still there.
bool follow_parent(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    return ::getppid() == parent;
}

/// A benchmark opens more connections than the usual 1,024.
void allow_many_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void log_to_stderr(bool quiet) {
    auto log = spdlog::stderr_logger_st("runwatch-sim");
    log->set_pattern("%H:%M:%S.%e %v");
    log->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
    spdlog::set_default_logger(log);
}

/// Writes a file so that nobody ever sees half of it. An empty path writes nothing.
void write_file(std::string const& path, std::string const& text) {
    if (path.empty())
        return;
    auto const draft = path + ".tmp";
    std::ofstream file(draft, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file || std::rename(draft.c_str(), path.c_str()) != 0)
        throw std::runtime_error("cannot write " + path + ": " + std::generic_category().message(errno));
}

support::identity make_identity(certificate_kind kind, support::authority const& authority) {
    support::certificate_request request({"localhost", "127.0.0.1", "::1", "sim.test", "*.sim.test"});
    switch (kind) {
    case certificate_kind::good:
        break;
    case certificate_kind::expired:
        request.not_after = request.not_before + std::chrono::hours{1};
        break;
    case certificate_kind::not_yet_valid:
        request.not_before += std::chrono::days{2};
        break;
    case certificate_kind::wrong_host:
        request.names = {"elsewhere.example"};
        break;
    case certificate_kind::self_signed:
        return support::self_signed(request);
    case certificate_kind::unknown_ca:
        return support::issue(support::make_authority("A CA that nobody knows"), request);
    }
    return support::issue(authority, request);
}

void run(options const& chosen, scenario const& play) {
    server_settings settings;
    settings.address = chosen.address;
    settings.port = chosen.port;
    if (!chosen.plain) {
        auto const authority = support::make_authority("runwatch-sim CA");
        write_file(chosen.ca_file, authority.own.certificate_pem);
        settings.tls = tls_settings{make_identity(chosen.certificate, authority), chosen.newest_tls};
    }
    simulation going_on(play, chosen.any_key ? "" : chosen.api_key.value_or(play.api_key));
    serve(settings, going_on, [&chosen](std::string const& base_url) {
        std::cout << "runwatch-sim listens on " << base_url << std::endl;
        write_file(chosen.address_file, base_url + "\n");
    });
    write_file(chosen.report_file, going_on.report_json(true) + "\n");
}

} // namespace

int main(int count, char** arguments) {
    auto const parent = ::getppid();
    auto const line = read_command_line(count, arguments);
    if (line.exit_code)
        return *line.exit_code;
    if (!follow_parent(parent))
        return 0;
    std::signal(SIGPIPE, SIG_IGN);
    allow_many_files();
    log_to_stderr(line.chosen.quiet);
    try {
        auto const& file = line.chosen.scenario_file;
        auto const play = file.empty() ? scenario() : load_scenario(file);
        run(line.chosen, play);
        return 0;
    } catch (scenario_error const& error) {
        std::cerr << "runwatch-sim: " << error.what() << '\n';
        return bad_scenario;
    } catch (std::exception const& error) {
        std::cerr << "runwatch-sim: " << error.what() << '\n';
        return 1;
    }
}
