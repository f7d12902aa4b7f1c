#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace runwatch {

/// Reads a file of lines that begin with `{"id":"ID"` from its start, piece by piece, and names each of these ids once
/// for every whole line that has it. Adds the number of whole lines to `lines`. Returns the errno of a read that
/// failed, else 0.
int scan_lines(int file, std::span<std::string const> ids, std::function<void(std::string_view id)> const& found,
               std::size_t& lines);

/// Where the last whole line of a file of this size ends; -1, with errno, if it cannot be read.
off_t end_of_last_line(int file, std::uintmax_t size);

} // namespace runwatch
