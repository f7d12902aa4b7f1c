#include "cli/delivery_table.hpp"

#include "cli/columns.hpp"
#include "runwatch/state_json.hpp"
#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace runwatch::cli {
namespace {

/// Names are at most 64 letters long, which leave no room for anything else.
constexpr std::size_t longest_name = 20;
constexpr std::size_t shortest_ref = 21;

/// When a delivery is tried next.
std::string next_try(listed_delivery const& delivery, bool is_stopped, timestamp now) {
    if (delivery.state != delivery_state::pending)
        return "-";
    if (is_stopped)
        return "stopped";
    return delivery.due <= now ? "now" : format_duration(delivery.due - now);
}

std::string attempts_of(listed_delivery const& delivery) {
    if (delivery.attempts == 0)
        return "before: ";
    return (delivery.attempts == 1 ? "tried once: " : "tried " + std::to_string(delivery.attempts) + " times: ");
}

/// `3 deliveries: 2 pending, 1 dead`.
std::string tally(std::span<listed_delivery const> deliveries) {
    std::string counts;
    for (auto const state : {delivery_state::pending, delivery_state::dead, delivery_state::orphaned,
                             delivery_state::delivered, delivery_state::dropped})
        if (auto const count = std::ranges::count(deliveries, state, &listed_delivery::state); count != 0)
            counts.append(counts.empty() ? "" : ", ")
                .append(std::to_string(count))
                .append(" ")
                .append(to_string(state));
    return counted(deliveries.size(), "delivery: ", "deliveries: ") + counts;
}

} // namespace

std::string shown_error(std::string const& error, std::string const& sink) {
    auto const head = "sink " + sink + ": ";
    return to_printable(std::string_view{error}.substr(error.starts_with(head) ? head.size() : 0), 1'000);
}

std::string stopped_note(std::string const& sink, std::string const& why) {
    auto const name = to_printable(sink);
    return "sink " + name + " is stopped, nothing is sent there: " + shown_error(why, sink) +
           "; lift that with: runwatch sinks enable " + name;
}

std::string delivery_table(std::span<listed_delivery const> deliveries,
                           std::map<std::string, std::string> const& stopped, timestamp now, std::size_t columns) {
    if (deliveries.empty())
        return "no deliveries\n";
    auto const cut = [columns](std::string text, std::size_t width) {
        return columns == 0 ? text : shortened(text, width);
    };
    std::vector<std::vector<std::string>> rows{{"ID", "STATE", "SINK", "RESULT", "AGE", "NEXT TRY", ""}};
    for (auto const& delivery : deliveries)
        rows.push_back({std::to_string(delivery.id), std::string{to_string(delivery.state)},
                        cut(ascii(delivery.sink), longest_name),
                        delivery.result_type.substr(delivery.result_type.find('.') + 1),
                        format_duration(std::max(now - delivery.owed_since, duration{0})),
                        next_try(delivery, stopped.contains(delivery.sink), now), ""});
    auto lines = aligned(rows);
    auto const taken = lines.front().size();
    auto const for_ref = columns > taken + shortest_ref ? columns - taken : shortest_ref;
    auto const indent = std::string(lines.front().find("STATE"), ' ');
    std::string text = lines.front() + "RUN\n";
    for (std::size_t index = 0; index != deliveries.size(); ++index) {
        auto const& delivery = deliveries[index];
        auto const ref = columns == 0 ? ascii(delivery.key.ref()) : short_ref(delivery.key, for_ref);
        text.append(lines[index + 1]).append(ref).append("\n");
        if (delivery.error.empty())
            continue;
        auto why = indent + attempts_of(delivery) + ascii(shown_error(delivery.error, delivery.sink));
        if (columns != 0 && why.size() > columns)
            why = why.substr(0, columns - 2) + "..";
        text.append(why).append("\n");
    }
    text.append(tally(deliveries)).append("\n");
    for (auto const& [name, why] : stopped)
        if (std::ranges::find(deliveries, name, &listed_delivery::sink) != deliveries.end())
            text.append(stopped_note(name, why)).append("\n");
    return text;
}

std::string delivery_json(std::span<listed_delivery const> deliveries) {
    std::string text = "[";
    for (auto const& each : deliveries)
        text.append(text.size() == 1 ? "\n" : ",\n").append(to_json(each));
    return text + (text.size() == 1 ? "]\n" : "\n]\n");
}

} // namespace runwatch::cli
