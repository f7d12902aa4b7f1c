#pragma once

#include "sim/server.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace runwatch::sim {

/// Which certificate the server shows; all but the first are refused by a careful client.
enum class certificate_kind { good, expired, not_yet_valid, wrong_host, self_signed, unknown_ca };

/// What the command line says.
struct options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string scenario_file;
    /// Wins over the scenario's key.
    std::optional<std::string> api_key;
    bool any_key = false;
    std::string ca_file;
    std::string address_file;
    std::string report_file;
    bool plain = false;
    certificate_kind certificate = certificate_kind::good;
    tls_version newest_tls = tls_version::tls_1_3;
    bool quiet = false;
};

/// Reads the command line, or returns the exit code with which the program has already said all there is to say.
struct command_line {
    options chosen;
    std::optional<int> exit_code;
};

command_line read_command_line(int count, char const* const* arguments);

} // namespace runwatch::sim
