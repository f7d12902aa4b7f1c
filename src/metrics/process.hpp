#pragma once

#include <cstddef>
#include <optional>

namespace runwatch {

/// What the system says of this process.
struct process_figures {
    double cpu_seconds = 0;
    std::size_t resident_bytes = 0;
    std::size_t open_descriptors = 0;
};

/// Nothing where /proc cannot be read.
std::optional<process_figures> read_process_figures();

} // namespace runwatch
