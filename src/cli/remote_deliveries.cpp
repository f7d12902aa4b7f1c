#include "cli/remote_deliveries.hpp"

#include "cli/daemon_answers.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/url.hpp"

#include <charconv>

namespace runwatch::cli {
namespace {

std::string ids_text(std::vector<std::int64_t> const& ids) {
    std::string text;
    for (auto const id : ids)
        text.append(text.empty() ? "" : ",").append(std::to_string(id));
    return text;
}

std::vector<std::string> names_of_states(std::vector<delivery_state> const& states) {
    std::vector<std::string> names;
    for (auto const state : states)
        names.emplace_back(to_string(state));
    return names;
}

} // namespace

std::vector<std::string> remote_deliveries::list(delivery_filter const& filter) const {
    std::string path = "/v1/deliveries?";
    if (!filter.sink.empty())
        path += "sink=" + percent_encoded(filter.sink) + '&';
    if (!filter.ids.empty())
        path += "id=" + ids_text(filter.ids) + '&';
    std::string states;
    for (auto const& each : names_of_states(filter.states))
        states.append(states.empty() ? "" : ",").append(each);
    if (!states.empty())
        path += "state=" + states + '&';
    return ask_for_list(daemon_, path, "deliveries");
}

std::size_t remote_deliveries::retry(delivery_filter const& filter) const {
    return change("/v1/deliveries/retry", "retried", filter);
}

std::size_t remote_deliveries::drop(delivery_filter const& filter) const {
    return change("/v1/deliveries/drop", "dropped", filter);
}

std::map<std::string, std::string> remote_deliveries::stopped() const {
    std::map<std::string, std::string> all;
    auto const status = daemon_.ask("GET", "/v1/status");
    for (auto const& sink : read_objects(json_member(status, "sinks")))
        if (auto why = json_string(json_member(sink, "stopped")); !why.empty())
            all.emplace(json_string(json_member(sink, "name")), std::move(why));
    return all;
}

std::size_t remote_deliveries::change(std::string const& path, std::string const& counted,
                                      delivery_filter const& filter) const {
    std::string body;
    auto const add = [&body](std::string const& member) { body.append(body.empty() ? "{" : ",").append(member); };
    if (!filter.ids.empty())
        add(R"("ids":[)" + ids_text(filter.ids) + ']');
    if (!filter.sink.empty())
        add(R"("sink":)" + json_quote(filter.sink));
    if (!filter.states.empty())
        add(R"("states":)" + json_list(names_of_states(filter.states)));
    if (filter.ids.empty() && filter.sink.empty())
        add(R"("all":true)");
    auto const answer = daemon_.ask("POST", path, body + '}');
    auto const text = json_member(answer, counted);
    std::size_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

} // namespace runwatch::cli
