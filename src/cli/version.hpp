#pragma once

#include <string>

namespace runwatch::cli {

/// `runwatch 0.1.0`
std::string version_line();

/// The product token that requests carry: `runwatch/0.1.0`.
std::string user_agent();

} // namespace runwatch::cli
