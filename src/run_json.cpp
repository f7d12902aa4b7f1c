#include "runwatch/run_json.hpp"

#include "json_escape.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace json = boost::json;

namespace runwatch {
namespace {

/// Of an escape, be it one or not.
constexpr std::size_t shortest_escape = 2;

/// Replaces the escaped halves of characters that stand alone. They are what is left where a log was cut in the middle
/// of a character; the grammar of JSON allows them, but the parser would refuse the whole answer.
std::string without_half_characters(std::string_view text) {
    std::string whole{text};
    for (auto at = whole.find('\\'); at < whole.size(); at = whole.find('\\', at)) {
        auto const escape = read_escape(std::string_view{whole}.substr(at));
        if (escape.character == 0xFFFD)
            whole.replace(at, escape.length, "\\ufffd");
        at += std::max(escape.length, shortest_escape);
    }
    return whole;
}

constexpr std::array<std::pair<std::string_view, std::string_view run_members::*>, 9> used_members{
    {{"run_id", &run_members::run_id},
     {"test_id", &run_members::test_id},
     {"status", &run_members::status},
     {"created_at", &run_members::created_at},
     {"completed_at", &run_members::completed_at},
     {"test_suite_run_id", &run_members::test_suite_run_id},
     {"detail_status", &run_members::detail_status},
     {"logs", &run_members::logs},
     {"data", &run_members::data}}};

/// What the inside of a string stands for. It may lie in `room`: most strings have no escape and need none.
std::string_view plain(std::string_view inside, std::string& room) {
    if (inside.find('\\') == std::string_view::npos)
        return inside;
    room = json_unescape(inside);
    return room;
}

std::optional<timestamp> time_of(std::string_view value) {
    std::string room;
    if (!value.starts_with('"'))
        return std::nullopt;
    return parse_timestamp(plain(value.substr(1, value.size() - 2), room));
}

/// The longest part from a JSON string's front, without its quote, that has at most this many bytes and ends neither
/// inside a character nor inside an escape.
std::string_view front_of_string(std::string_view inside, std::size_t max_bytes) {
    std::size_t end = 0;
    for (std::size_t next = 0; next <= max_bytes && next < inside.size();) {
        end = next;
        if (inside[next] == '\\') {
            next += std::max(read_escape(inside.substr(next)).length, shortest_escape);
            continue;
        }
        // A character's further bytes are 10xxxxxx.
        for (++next; next < inside.size() && (static_cast<unsigned char>(inside[next]) & 0xC0U) == 0x80U;)
            ++next;
    }
    return inside.substr(0, end);
}

} // namespace

std::optional<json::value> parse_foreign_json(std::string_view text, json::storage_ptr memory) {
    json::parse_options options;
    options.max_depth = deepest_json;
    boost::system::error_code error;
    auto value = json::parse(text, error, memory, options);
    if (error) {
        // Hardly an answer has such halves, and what is valid need not be looked through for them.
        auto const whole = without_half_characters(text);
        if (whole == text)
            return std::nullopt;
        value = json::parse(whole, error, memory, options);
    }
    if (error)
        return std::nullopt;
    return value;
}

std::string_view string_member(json::object const& object, std::string_view name) {
    auto const* const value = object.if_contains(json::string_view{name.data(), name.size()});
    if (value == nullptr || !value->is_string())
        return {};
    return {value->get_string().data(), value->get_string().size()};
}

run_members::run_members(std::string_view object) {
    std::string room;
    for (json_walk walk{object}; walk.next();)
        take(plain(walk.name(), room), walk.value());
}

bool run_members::read(std::string_view text) {
    *this = {};
    std::string room;
    json_member_visitor const tell = [this, &room](std::string_view name, std::string_view value) {
        take(plain(name, room), value);
    };
    return is_json(text, tell);
}

void run_members::take(std::string_view name, std::string_view value) {
    auto const is_named = [name](auto const& each) { return each.first == name; };
    if (auto const known = std::ranges::find_if(used_members, is_named); known != used_members.end())
        this->*known->second = value;
}

test_run read_run(run_key key, run_members const& object, std::string raw) {
    test_run run;
    run.key = std::move(key);
    run.status_text = json_string(object.status);
    run.status = parse_status(run.status_text);
    run.created_at = time_of(object.created_at);
    run.completed_at = time_of(object.completed_at);
    run.suite_run_id = json_string(object.test_suite_run_id);
    run.raw = std::move(raw);
    return run;
}

std::optional<test_run> read_run(run_key key, std::string_view raw) {
    run_members object;
    if (!object.read(raw) || !trim(raw).starts_with('{'))
        return std::nullopt;
    return read_run(std::move(key), object, std::string{raw});
}

std::vector<criterion> criteria_of(test_run const& run) {
    std::vector<criterion> criteria;
    auto const details = run_members{run.raw}.detail_status;
    if (!details.starts_with('['))
        return criteria;
    std::string room;
    for (json_walk walk{details}; walk.next();) {
        if (!walk.value().starts_with('{'))
            continue;
        auto& one = criteria.emplace_back();
        for (auto members = walk.inside(); members.next();) {
            auto const name = plain(members.name(), room);
            if (name == "name")
                one.name = json_string(members.value());
            else if (name == "status")
                one.status = json_string(members.value());
        }
    }
    return criteria;
}

std::string logs_of(test_run const& run) { return json_string(run_members{run.raw}.logs); }

std::string with_short_logs(std::string_view raw, std::size_t max_bytes) {
    auto const logs = json_member(raw, "logs");
    if (logs.size() <= max_bytes + 2)
        return std::string{raw};
    auto const at = static_cast<std::size_t>(logs.data() - raw.data());
    std::string cut{raw.substr(0, at)};
    return cut.append(short_logs(logs, logs.size(), max_bytes)).append(raw.substr(at + logs.size()));
}

std::string short_logs(std::string_view front, std::size_t size, std::size_t max_bytes) {
    if (size <= max_bytes + 2)
        return std::string{front};
    auto const total = std::to_string(size);
    std::string shorter;
    if (front.front() == '"') {
        // Without the quotes, of which the second may not be there.
        auto const kept = front_of_string(front.substr(1, size - 2), max_bytes);
        shorter.append("\"").append(kept).append("\\n[cut by runwatch: the first ");
        shorter.append(std::to_string(kept.size())).append(" of ").append(total).append(" bytes]\"");
    } else {
        shorter.append("\"[left out by runwatch: ").append(total).append(" bytes that are no text]\"");
    }
    return shorter;
}

} // namespace runwatch
