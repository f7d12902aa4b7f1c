#include "control/answers.hpp"
#include "control/requests.hpp"
#include "options/nearest.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace runwatch::control {
namespace {

constexpr auto any_place = std::numeric_limits<std::int64_t>::max();

constexpr std::array ends{outcome::passed, outcome::failed, outcome::error, outcome::timed_out, outcome::unwatchable};

constexpr std::array states{delivery_state::pending, delivery_state::dead, delivery_state::orphaned,
                            delivery_state::delivered, delivery_state::dropped};

std::string quoted(std::string_view text) { return '"' + to_printable(text) + '"'; }

[[noreturn]] void refuse(std::string const& name, std::string const& why) { throw refusal{400, name + ": " + why}; }

int digit(char letter) {
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F')
        return letter - 'A' + 10;
    return -1;
}

std::int64_t to_number(std::string const& name, std::string_view text, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    auto const* const end = text.data() + text.size();
    auto const [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stopped != end || number < least || number > most)
        refuse(name, quoted(text) + " is no whole number from " + std::to_string(least) +
                         (most == any_place ? " on" : " to " + std::to_string(most)));
    return number;
}

std::vector<outcome> read_types(query const& from) {
    std::vector<outcome> types;
    for (auto const& word : from.words("type")) {
        auto const* const found = std::ranges::find(ends, word, result_type);
        if (found == ends.end())
            refuse("type", quoted(word) + " is none of run.passed, run.failed, run.error, run.timed_out and "
                                          "run.unwatchable");
        types.push_back(*found);
    }
    return types;
}

std::optional<std::int64_t> read_cursor(query const& from) {
    if (from.text("cursor").empty())
        return std::nullopt;
    return from.number("cursor", 0, 0, any_place);
}

} // namespace

std::string decode(std::string_view encoded) {
    std::string text;
    text.reserve(encoded.size());
    for (std::size_t at = 0; at < encoded.size(); ++at) {
        if (encoded[at] != '%') {
            text += encoded[at];
            continue;
        }
        auto const high = at + 2 < encoded.size() ? digit(encoded[at + 1]) : -1;
        auto const low = high < 0 ? -1 : digit(encoded[at + 2]);
        if (low < 0)
            throw refusal{400, quoted(encoded) + " is not percent-encoded as it should be: write % itself as %25"};
        text += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return text;
}

query::query(std::string_view encoded, std::initializer_list<std::string_view> known) {
    std::vector<std::string> const names(known.begin(), known.end());
    while (!encoded.empty()) {
        auto const end = std::min(encoded.find('&'), encoded.size());
        auto const pair = encoded.substr(0, end);
        encoded.remove_prefix(std::min(end + 1, encoded.size()));
        if (pair.empty())
            continue;
        auto const equals = std::min(pair.find('='), pair.size());
        auto const name = decode(pair.substr(0, equals));
        auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
        if (std::ranges::find(names, name) == names.end()) {
            auto const meant = nearest(name, names);
            throw refusal{400, "there is no parameter " + quoted(name) + " here" +
                                   (meant.empty() ? "" : "; did you mean " + quoted(meant) + "?")};
        }
        if (value.empty())
            refuse(name, "is empty: give it a value or leave it out");
        if (!values_.emplace(name, std::move(value)).second)
            refuse(name, "is there twice; several values are separated by commas");
    }
}

std::string query::text(std::string const& name) const {
    auto const found = values_.find(name);
    return found == values_.end() ? std::string{} : found->second;
}

std::optional<timestamp> query::time(std::string const& name) const {
    auto const value = text(name);
    if (value.empty())
        return std::nullopt;
    auto const time = parse_timestamp(value);
    if (!time)
        refuse(name, quoted(value) + " is no time such as 2026-11-23T10:15:04Z");
    return time;
}

std::int64_t query::number(std::string const& name, std::int64_t otherwise, std::int64_t least,
                           std::int64_t most) const {
    auto const value = text(name);
    return value.empty() ? otherwise : to_number(name, value, least, most);
}

std::vector<std::string> query::words(std::string const& name) const {
    std::vector<std::string> words;
    auto const value = text(name);
    std::string_view rest = value;
    while (!value.empty()) {
        auto const end = std::min(rest.find(','), rest.size());
        if (end == 0)
            refuse(name, "a value is empty: write values separated by commas");
        words.emplace_back(rest.substr(0, end));
        if (end == rest.size())
            break;
        rest.remove_prefix(end + 1);
    }
    return words;
}

std::size_t read_limit(query const& from) {
    return static_cast<std::size_t>(from.number("limit", usual_on_a_page, 1, most_on_a_page));
}

log_limit read_logs(query const& from, log_limit otherwise) {
    auto const word = from.text("logs");
    if (word.empty())
        return otherwise;
    if (word == "omit")
        return log_limit::omit;
    if (word == "truncate")
        return log_limit::truncate;
    if (word == "full")
        return log_limit::full;
    refuse("logs", quoted(word) + " is none of omit, truncate and full");
}

results_request read_results_request(std::string_view text) {
    query const from{text, {"type", "test_id", "since", "until", "logs", "limit", "cursor"}};
    results_request wanted;
    wanted.query.ended = read_types(from);
    wanted.query.test_id = from.text("test_id");
    wanted.query.since = from.time("since");
    wanted.query.until = from.time("until");
    wanted.query.limit = read_limit(from);
    wanted.query.behind = read_cursor(from);
    wanted.logs = read_logs(from, log_limit::truncate);
    return wanted;
}

watch_query read_watches_request(std::string_view text) {
    query const from{text, {"test_id", "limit", "cursor"}};
    watch_query wanted;
    wanted.test_id = from.text("test_id");
    wanted.limit = read_limit(from);
    wanted.behind = from.text("cursor");
    return wanted;
}

deliveries_request read_deliveries_request(std::string_view text) {
    query const from{text, {"sink", "state", "id", "limit", "cursor"}};
    deliveries_request wanted;
    wanted.filter.sink = from.text("sink");
    for (auto const& word : from.words("state")) {
        auto const spelt = [](delivery_state state) { return to_string(state); };
        auto const* const found = std::ranges::find(states, word, spelt);
        if (found == states.end())
            refuse("state", quoted(word) + " is none of pending, dead, orphaned, delivered and dropped");
        wanted.filter.states.push_back(*found);
    }
    for (auto const& word : from.words("id"))
        wanted.filter.ids.push_back(to_number("id", word, 1, any_place));
    if (wanted.filter.ids.size() > most_on_a_page)
        refuse("id", "there are more than " + std::to_string(most_on_a_page));
    if (wanted.filter.states.empty() && wanted.filter.ids.empty())
        wanted.filter.states = {delivery_state::pending, delivery_state::dead, delivery_state::orphaned};
    wanted.limit = read_limit(from);
    wanted.behind = read_cursor(from).value_or(0);
    return wanted;
}

events_request read_events_request(std::string_view text, std::string_view last_event_id) {
    query const from{text, {"type", "test_id", "logs", "last_event_id"}};
    events_request wanted;
    wanted.query.ascending = true;
    wanted.query.ended = read_types(from);
    wanted.query.test_id = from.text("test_id");
    wanted.logs = read_logs(from, log_limit::truncate);
    if (!last_event_id.empty())
        wanted.query.behind = to_number("Last-Event-ID", last_event_id, 0, any_place);
    else if (!from.text("last_event_id").empty())
        wanted.query.behind = from.number("last_event_id", 0, 0, any_place);
    return wanted;
}

} // namespace runwatch::control
