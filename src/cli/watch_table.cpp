#include "cli/watch_table.hpp"

#include "cli/columns.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <vector>

namespace runwatch::cli {
namespace {

constexpr std::size_t shortest_ref = 21;

std::string shown_sinks(std::vector<std::string> const& sinks) {
    std::string text;
    for (auto const& each : sinks)
        text.append(text.empty() ? "" : ",").append(ascii(each));
    return text.empty() ? "all" : text;
}

} // namespace

std::string shown_labels(std::map<std::string, std::string> const& labels) {
    std::string text;
    for (auto const& [name, value] : labels)
        text.append(text.empty() ? "" : ", ").append(ascii(name)).append("=").append(ascii(value));
    return text;
}

std::string watch_table(std::span<watch_record const> watches, timestamp now, std::size_t columns) {
    if (watches.empty())
        return "no runs are watched\n";
    std::vector<std::vector<std::string>> rows{{"STATUS", "BY", "SINCE", "SINKS", ""}};
    for (auto const& watch : watches)
        rows.push_back(
            {watch.status_text.empty() ? "-" : ascii(watch.status_text), std::string{to_string(watch.origin)},
             format_duration(std::max(now - watch.first_seen_at, duration{0})), shown_sinks(watch.sinks), ""});
    auto const lines = aligned(rows);
    auto const taken = lines.front().size();
    auto const for_ref = columns > taken + shortest_ref ? columns - taken : shortest_ref;
    auto text = lines.front() + "RUN\n";
    for (std::size_t index = 0; index != watches.size(); ++index) {
        auto const& watch = watches[index];
        auto const ref = columns == 0 ? ascii(watch.key.ref()) : short_ref(watch.key, for_ref);
        text.append(lines[index + 1]).append(ref).append("\n");
        if (!watch.labels.empty())
            text.append("  ").append(shown_labels(watch.labels)).append("\n");
    }
    return text + counted(watches.size(), "run\n", "runs\n");
}

} // namespace runwatch::cli
