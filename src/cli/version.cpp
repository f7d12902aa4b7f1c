#include "cli/version.hpp"

// RUNWATCH_VERSION is the project's version in CMakeLists.txt.
namespace runwatch::cli {

std::string version_line() { return "runwatch " RUNWATCH_VERSION; }

std::string user_agent() { return "runwatch/" RUNWATCH_VERSION; }

} // namespace runwatch::cli
