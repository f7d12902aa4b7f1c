#include "sim/options.hpp"

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <map>

namespace runwatch::sim {
namespace {

constexpr int usage_error = 64;

bool is_address(std::string const& text) {
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

/// Splits `127.0.0.1:8443` or `[::1]:8443`. Returns what is wrong with it, if something is.
std::string split_listen(std::string const& text, options& into) {
    auto const colon = text.rfind(':');
    if (colon == std::string::npos)
        return "expected ADDRESS:PORT";
    auto host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    if (host == "localhost")
        host = "127.0.0.1";
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data() + colon + 1, end, into.port);
    if (!is_address(host) || error != std::errc() || stop != end)
        return "expected an address and a port such as 127.0.0.1:8443 or [::1]:0";
    into.address = host;
    return "";
}

std::map<std::string, certificate_kind> const& certificate_kinds() {
    static std::map<std::string, certificate_kind> const kinds{{"good", certificate_kind::good},
                                                               {"expired", certificate_kind::expired},
                                                               {"not-yet-valid", certificate_kind::not_yet_valid},
                                                               {"wrong-host", certificate_kind::wrong_host},
                                                               {"self-signed", certificate_kind::self_signed},
                                                               {"unknown-ca", certificate_kind::unknown_ca}};
    return kinds;
}

std::map<std::string, tls_version> const& tls_versions() {
    static std::map<std::string, tls_version> const versions{
        {"1.1", tls_version::tls_1_1}, {"1.2", tls_version::tls_1_2}, {"1.3", tls_version::tls_1_3}};
    return versions;
}

} // namespace

command_line read_command_line(int count, char const* const* arguments) {
    command_line line;
    auto& chosen = line.chosen;
    std::string listen;
    std::string certificate = "good";
    std::string newest_tls = "1.3";
    CLI::App app("Stands in for the Telnyx API of AI assistant tests", "runwatch-sim");
    app.set_version_flag("--version", "runwatch-sim " RUNWATCH_VERSION);
    app.add_option("--listen", listen, "where to listen (default 127.0.0.1:0; port 0 takes a free one)");
    app.add_option("--scenario", chosen.scenario_file, "what happens, in YAML (see tests/sim/README.md)");
    app.add_option("--api-key", chosen.api_key, "the bearer token to expect (default sim-key)");
    app.add_flag("--any-key", chosen.any_key, "accept any bearer token, and none");
    app.add_option("--ca-out", chosen.ca_file, "write the CA certificate to this file");
    app.add_option("--address-out", chosen.address_file, "write the base URL to this file once it listens");
    app.add_option("--report-out", chosen.report_file, "write the JSON report to this file at exit");
    app.add_flag("--plain", chosen.plain, "HTTP instead of HTTPS");
    app.add_option("--certificate", certificate, "which certificate to show (default good)")
        ->check(CLI::IsMember(&certificate_kinds()));
    app.add_option("--tls-max", newest_tls, "the newest TLS version to speak (default 1.3)")
        ->check(CLI::IsMember(&tls_versions()));
    app.add_flag("--quiet", chosen.quiet, "do not log requests");
    try {
        app.parse(count, arguments);
        auto const problem = listen.empty() ? std::string() : split_listen(listen, chosen);
        if (!problem.empty())
            throw CLI::ValidationError("--listen", problem + ", not " + listen);
        chosen.certificate = certificate_kinds().at(certificate);
        chosen.newest_tls = tls_versions().at(newest_tls);
    } catch (CLI::ParseError const& error) {
        line.exit_code = app.exit(error) == 0 ? 0 : usage_error;
    }
    return line;
}

} // namespace runwatch::sim
