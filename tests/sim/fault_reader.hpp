#pragma once

#include "sim/fault.hpp"
#include "sim/yaml_reader.hpp"

namespace runwatch::sim {

/// Reads a list of faults; only faults for every request may choose `path`. Throws scenario_error.
std::vector<fault> read_faults(yaml_value const& list, bool with_paths);

} // namespace runwatch::sim
