#pragma once

#include "runwatch/option_node.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <yaml-cpp/mark.h>

namespace runwatch {

/// The text of a config file, in which places are found.
class source_text {
public:
    /// The text must outlive the object.
    source_text(std::string_view text, std::string file);

    /// The place where yaml-cpp is; without the way to it.
    option_place place(YAML::Mark const& mark);

    /// The first thing that no config may hold: a byte that is not part of valid UTF-8, or a control character.
    std::optional<std::pair<option_place, std::string>> first_flaw();

    /// Tells whether the word at a mark is a null that is written out, `~` or `null`.
    bool has_null_at(YAML::Mark const& mark) const;

    /// The tab that a line is indented with, where yaml-cpp may have stumbled over it.
    std::optional<option_place> indenting_tab(YAML::Mark const& mark);

private:
    option_place place(std::size_t line, std::size_t byte);
    option_place place_at(std::size_t offset);

    std::string_view text_;
    std::string file_;
    /// Where each line begins.
    std::vector<std::size_t> lines_{0};
    // The last place, from which the next is counted: a whole file may be one line.
    std::size_t last_line_ = 0;
    std::size_t last_byte_ = 0;
    std::size_t last_column_ = 0;
};

} // namespace runwatch
