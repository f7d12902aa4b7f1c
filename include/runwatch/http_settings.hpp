#pragma once

#include "runwatch/options.hpp"
#include "runwatch/problems.hpp"
#include "runwatch/secret.hpp"

#include <string>

namespace runwatch {

/// Reads `proxy`, the URL of a proxy that may hold a password; empty if the key is missing or wrong.
secret read_proxy(option_map& options, problems& found);

/// A file of certificate authorities.
struct ca_file {
    /// Absolute; empty for the system's authorities.
    std::string path;
    /// Another text where the file was replaced or written to, so that a reload takes it up.
    std::string version;
};

/// Reads `ca_file`, the path of a file that can be read.
ca_file read_ca_file(option_map& options);

} // namespace runwatch
