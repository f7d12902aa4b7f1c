#pragma once

#include <cstddef>
#include <string_view>

namespace runwatch::cli {

/// As much as Kubernetes keeps of a termination message.
constexpr std::size_t longest_termination_text = 4'096;

/// Writes why the process ends to the file that a container has for that: the one that the variable
/// RUNWATCH_TERMINATION_LOG names, else /dev/termination-log. Only if it is there already; what cannot be written is
/// not. What is too long is cut.
void write_termination_log(std::string_view text);

} // namespace runwatch::cli
