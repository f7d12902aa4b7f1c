#pragma once

#include "runwatch/options.hpp"
#include "runwatch/problems.hpp"
#include "runwatch/secret.hpp"

#include <string>

namespace runwatch {

/// Reads `proxy`, the URL of a proxy that may hold a password; empty if the key is missing or wrong.
secret read_proxy(option_map& options, problems& found);

/// Reads `ca_file`, the path of a file that can be read; empty if the key is missing.
std::string read_ca_file(option_map& options);

} // namespace runwatch
