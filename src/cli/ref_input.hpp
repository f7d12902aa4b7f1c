#pragma once

#include "runwatch/run.hpp"
#include "runwatch/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace runwatch::cli {

/// What is to be read as a REF.
struct ref_text {
    std::string text;
    /// Where it stands, to begin a message with; empty for the command line.
    std::string where;
};

/// The texts that name runs, those on standard input in place of `-`: one a line, without empty lines and comments.
/// Nothing when the deadline came before the end of standard input. Throws usage_error if that names no run.
std::optional<std::vector<ref_text>> read_ref_texts(std::vector<std::string> const& refs, instant deadline);

/// Reads a REF that is not asked for at the API: a URL may be that of any. Throws usage_error.
run_key read_any_ref(ref_text const& ref);

} // namespace runwatch::cli
