#include "cli/daemon_answers.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/time.hpp"
#include "runwatch/url.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace runwatch::cli {
namespace {

constexpr std::array all_states{delivery_state::pending, delivery_state::dead, delivery_state::orphaned,
                                delivery_state::delivered, delivery_state::dropped};

constexpr std::array all_origins{watch_origin::follow, watch_origin::config, watch_origin::api};

std::string text_of(std::string_view object, std::string_view name) { return json_string(json_member(object, name)); }

timestamp time_of(std::string_view object, std::string_view name) {
    return parse_timestamp(text_of(object, name)).value_or(timestamp{});
}

template <class Number>
Number number_of(std::string_view object, std::string_view name) {
    auto const text = json_member(object, name);
    Number number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

template <class Kind, std::size_t Count>
Kind one_of(std::array<Kind, Count> const& all, std::string const& name, Kind otherwise) {
    for (auto const each : all)
        if (to_string(each) == name)
            return each;
    return otherwise;
}

run_key key_of(std::string_view object) {
    run_key key;
    key.test_id = text_of(object, "test_id");
    key.run_id = text_of(object, "run_id");
    return key;
}

} // namespace

watch_record read_watch(std::string_view object) {
    watch_record watch;
    watch.key = key_of(object);
    watch.status_text = text_of(object, "status");
    watch.origin = one_of(all_origins, text_of(object, "origin"), watch_origin::config);
    watch.first_seen_at = time_of(object, "first_seen_at");
    for (json_walk labels{json_member(object, "labels")}; labels.next();) {
        auto name = json_unescape(labels.name());
        watch.labels.emplace(std::move(name), json_string(labels.value()));
    }
    for (json_walk sinks{json_member(object, "sinks")}; sinks.next();)
        watch.sinks.push_back(json_string(sinks.value()));
    return watch;
}

listed_delivery read_delivery(std::string_view object) {
    listed_delivery delivery;
    delivery.id = number_of<std::int64_t>(object, "id");
    delivery.sink = text_of(object, "sink");
    delivery.state = one_of(all_states, text_of(object, "state"), delivery_state::pending);
    delivery.key = key_of(object);
    auto const result = json_member(object, "result");
    delivery.result_id = text_of(result, "id");
    delivery.result_type = text_of(result, "type");
    delivery.attempts = number_of<unsigned>(object, "attempts");
    delivery.owed_since = time_of(object, "owed_since");
    delivery.due = time_of(object, "due");
    delivery.error = text_of(object, "error");
    return delivery;
}

std::vector<std::string> read_objects(std::string_view array) {
    std::vector<std::string> objects;
    for (json_walk walk{array}; walk.next();)
        objects.emplace_back(walk.value());
    return objects;
}

std::vector<std::string> ask_for_list(control_client const& daemon, std::string const& path, std::string const& name) {
    constexpr auto page = "limit=1000";
    std::vector<std::string> all;
    std::string cursor;
    do {
        auto const answer =
            daemon.ask("GET", path + page + (cursor.empty() ? "" : "&cursor=" + percent_encoded(cursor)));
        for (auto& each : read_objects(json_member(answer, name)))
            all.push_back(std::move(each));
        auto next = text_of(answer, "next");
        // A daemon that sends us in a circle is no daemon of ours.
        if (!next.empty() && next == cursor)
            throw daemon.stranger("its list has no end");
        cursor = std::move(next);
    } while (!cursor.empty());
    return all;
}

std::string as_json_array(std::vector<std::string> const& objects) {
    std::string text = "[";
    for (auto const& each : objects)
        text.append(text.size() == 1 ? "\n" : ",\n").append(json_on_one_line(each));
    return text + (text.size() == 1 ? "]\n" : "\n]\n");
}

} // namespace runwatch::cli
