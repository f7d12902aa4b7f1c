#include "cli/columns.hpp"

#include "runwatch/text.hpp"

#include <algorithm>

namespace runwatch::cli {

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string ascii(std::string_view text) {
    std::string shown;
    for (auto const letter : to_printable(text, 1'000)) {
        auto const byte = static_cast<unsigned char>(letter);
        if (byte < 0x80)
            shown += letter;
        else if ((byte & 0xC0) == 0xC0)
            shown += '?';
    }
    return shown;
}

std::string shortened(std::string const& id, std::size_t width) {
    if (id.size() <= width)
        return id;
    auto const kept = width - 2;
    return id.substr(0, kept - kept / 2) + ".." + id.substr(id.size() - kept / 2);
}

std::string short_ref(run_key const& key, std::size_t width) {
    auto const test = ascii(key.test_id);
    auto const run = ascii(key.run_id);
    if (test.size() + 1 + run.size() <= width)
        return test + '/' + run;
    constexpr std::size_t shortest = 10;
    auto const for_run = std::max(shortest, std::min(run.size(), width > shortest + 1 ? width - shortest - 1 : 0));
    auto const for_test = std::max(shortest, width > for_run + 1 ? width - for_run - 1 : 0);
    return shortened(test, for_test) + '/' + shortened(run, for_run);
}

std::vector<std::string> aligned(std::vector<std::vector<std::string>> const& rows) {
    std::vector<std::size_t> widths;
    for (auto const& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t column = 0; column != row.size(); ++column)
            widths[column] = std::max(widths[column], row[column].size());
    }
    std::vector<std::string> lines;
    lines.reserve(rows.size());
    for (auto const& row : rows) {
        auto& line = lines.emplace_back();
        for (std::size_t column = 0; column != row.size(); ++column)
            line += column + 1 == row.size() ? row[column] : padded(row[column], widths[column] + 2);
    }
    return lines;
}

} // namespace runwatch::cli
