#include "app/service_status.hpp"

#include "runwatch/text.hpp"
#include "runwatch/units.hpp"

namespace runwatch {
namespace {

/// What a terminal shows in a line, or two.
constexpr std::size_t longest_reason = 200;

std::string told(poll_pause const& pause, timestamp now) {
    auto text = std::string{", API paused"};
    if (pause.until && *pause.until > now)
        text += " for " + format_duration(*pause.until - now);
    return text + ": " + to_printable(pause.reason, longest_reason);
}

} // namespace

std::string service_status(daemon_status const& status, std::optional<std::size_t> pending,
                           std::string const& failed_reload, timestamp now) {
    std::string text;
    if (!failed_reload.empty())
        text = "the last reload failed (" + to_printable(failed_reload, longest_reason) +
               "), and the config from before is in force; ";
    text += "watching " + counted(status.watching, "run", "runs");
    if (!status.following.empty())
        text += ", following " + counted(status.following.size(), "list", "lists");
    text += pending ? ", " + counted(*pending, "delivery", "deliveries") + " pending" : ", the state cannot be read";
    if (status.results_to_record != 0)
        text += ", " + counted(status.results_to_record, "result", "results") + " not on the disk yet";
    if (status.pause)
        text += told(*status.pause, now);
    return text;
}

} // namespace runwatch
