#include "sinks/line_scan.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <unordered_set>
#include <vector>

namespace runwatch {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} * 1024;
constexpr std::string_view opening = R"({"id":")";

/// Ids are UUIDs; a longer one is none of ours.
constexpr std::size_t most_head_bytes = 128;

/// The id that a line begins with; empty if it does not begin like a result.
std::string_view id_in(std::string_view line) {
    if (!line.starts_with(opening))
        return {};
    line.remove_prefix(opening.size());
    auto const end = line.find('"');
    return end == std::string_view::npos ? std::string_view{} : line.substr(0, end);
}

} // namespace

int scan_lines(int file, std::span<std::string const> ids, std::function<void(std::string_view id)> const& found,
               std::size_t& lines) {
    std::unordered_set<std::string_view> const wanted(ids.begin(), ids.end());
    std::vector<char> piece(piece_bytes);
    std::string head;
    for (off_t at = 0;;) {
        auto const count = ::pread(file, piece.data(), piece.size(), at);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? errno : 0;
        at += count;
        std::string_view rest{piece.data(), static_cast<std::size_t>(count)};
        while (!rest.empty()) {
            auto const end = rest.find('\n');
            auto const line = rest.substr(0, end);
            head += line.substr(0, most_head_bytes - std::min(most_head_bytes, head.size()));
            if (end == std::string_view::npos)
                break;
            ++lines;
            if (auto const id = wanted.find(id_in(head)); id != wanted.end())
                found(*id);
            head.clear();
            rest.remove_prefix(end + 1);
        }
    }
}

off_t end_of_last_line(int file, std::uintmax_t size) {
    std::vector<char> piece(std::size_t{64} * 1024);
    auto end = static_cast<off_t>(size);
    // A whole last line is the rule: one byte tells.
    auto length = std::min<off_t>(1, end);
    while (end > 0) {
        auto const start = end - length;
        auto const count = ::pread(file, piece.data(), static_cast<std::size_t>(length), start);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        std::string_view const text{piece.data(), static_cast<std::size_t>(count)};
        if (auto const last = text.rfind('\n'); last != std::string_view::npos)
            return start + static_cast<off_t>(last) + 1;
        end = start;
        length = std::min<off_t>(static_cast<off_t>(piece.size()), end);
    }
    return 0;
}

} // namespace runwatch
