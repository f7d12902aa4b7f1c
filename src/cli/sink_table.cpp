#include "cli/sink_table.hpp"

#include "cli/columns.hpp"
#include "cli/delivery_table.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/store.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace runwatch::cli {
namespace {

std::string standing_of(sink_row const& row) {
    if (!row.in_config)
        return "left the config";
    return row.stopped_why.empty() ? "enabled" : "stopped";
}

sink_row& row_of(std::vector<sink_row>& rows, std::string const& name) {
    auto const found = std::ranges::find(rows, name, &sink_row::name);
    if (found != rows.end())
        return *found;
    auto& row = rows.emplace_back();
    row.name = name;
    return row;
}

void add_state(std::vector<sink_row>& rows, state_reader const& state) {
    for (auto const& counted : state.count_unsettled()) {
        auto& row = row_of(rows, counted.sink);
        switch (counted.state) {
        case delivery_state::pending:
            row.pending = counted.count;
            break;
        case delivery_state::dead:
            row.dead = counted.count;
            break;
        default:
            row.orphaned = counted.count;
        }
    }
    for (auto const& sink : state.sinks()) {
        auto const row = std::ranges::find(rows, sink.name, &sink_row::name);
        if (row == rows.end() || (row->in_config && row->type != sink.type))
            continue;
        row->type = sink.type;
        row->stopped_why = sink.stopped_why.value_or("");
    }
}

} // namespace

std::vector<sink_row> sink_rows(config_outline const& config) {
    std::vector<sink_row> rows;
    for (auto const& sink : config.sinks) {
        auto& row = rows.emplace_back();
        row.name = sink.name;
        row.type = sink.type;
        row.in_config = true;
    }
    if (::access(config.state.path.c_str(), F_OK) == 0 || errno != ENOENT)
        add_state(rows, state_reader{config.state.path});
    return rows;
}

std::string sink_table(std::span<sink_row const> rows) {
    if (rows.empty())
        return "no sinks\n";
    std::vector<std::vector<std::string>> cells{{"NAME", "TYPE", "STATE", "PENDING", "DEAD", "ORPHANED"}};
    for (auto const& row : rows)
        cells.push_back({ascii(row.name), ascii(row.type), standing_of(row), std::to_string(row.pending),
                         std::to_string(row.dead), std::to_string(row.orphaned)});
    auto const lines = aligned(cells);
    auto text = lines.front() + '\n';
    for (std::size_t index = 0; index != rows.size(); ++index) {
        text.append(lines[index + 1]).append("\n");
        if (!rows[index].stopped_why.empty())
            text.append("  ").append(shown_error(rows[index].stopped_why, rows[index].name)).append("\n");
    }
    if (std::ranges::any_of(rows, [](auto const& row) { return !row.stopped_why.empty(); }))
        text += "a stopped sink is sent nothing; lift the stop with: runwatch sinks enable NAME\n";
    return text;
}

std::string sink_json(std::span<sink_row const> rows) {
    std::string text = "[";
    for (auto const& row : rows)
        text.append(text.size() == 1 ? "\n" : ",\n")
            .append(R"({"name":)" + json_quote(row.name))
            .append(R"(,"type":)" + json_quote(row.type))
            .append(row.in_config ? R"(,"in_config":true)" : R"(,"in_config":false)")
            .append(R"(,"stopped_why":)" + (row.stopped_why.empty() ? "null" : json_quote(row.stopped_why)))
            .append(R"(,"pending":)" + std::to_string(row.pending))
            .append(R"(,"dead":)" + std::to_string(row.dead))
            .append(R"(,"orphaned":)" + std::to_string(row.orphaned) + '}');
    return text + (text.size() == 1 ? "]\n" : "\n]\n");
}

} // namespace runwatch::cli
