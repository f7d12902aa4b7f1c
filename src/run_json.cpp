#include "runwatch/run_json.hpp"

#include "runwatch/json_text.hpp"

#include <boost/json/parse.hpp>

#include <charconv>
#include <utility>

namespace json = boost::json;

namespace runwatch {
namespace {

/// Far deeper than any answer, and far from exhausting the stack when the value is destroyed.
constexpr std::size_t deepest = 512;

/// How long an escape such as `\uD83D` is.
constexpr std::size_t unit_length = 6;

/// The code unit that an escape such as `\uD83D` at this place stands for, if one is there.
std::optional<unsigned> escaped_unit(std::string_view text, std::size_t at) {
    if (at >= text.size() || text.substr(at, 2) != "\\u" || text.size() < at + unit_length)
        return std::nullopt;
    unsigned unit = 0;
    auto const* const end = text.data() + at + unit_length;
    auto const [stop, error] = std::from_chars(text.data() + at + 2, end, unit, 16);
    if (error != std::errc{} || stop != end)
        return std::nullopt;
    return unit;
}

bool is_first_half(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }

bool is_second_half(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// The length of the escape that stands at this place: of both where it is a character's first half and the second
/// follows.
std::size_t escape_length(std::string_view text, std::size_t at) {
    auto const unit = escaped_unit(text, at);
    if (!unit)
        return 2;
    auto const other = escaped_unit(text, at + unit_length);
    return is_first_half(*unit) && other && is_second_half(*other) ? 2 * unit_length : unit_length;
}

/// Replaces the escaped halves of characters that stand alone. They are what is left where a log was cut in the middle
/// of a character; the grammar of JSON allows them, but the parser would refuse the whole answer.
std::string without_half_characters(std::string_view text) {
    std::string whole{text};
    for (auto at = whole.find('\\'); at < whole.size(); at = whole.find('\\', at)) {
        auto const unit = escaped_unit(whole, at);
        auto const length = escape_length(whole, at);
        if (unit && length == unit_length && (is_first_half(*unit) || is_second_half(*unit)))
            whole.replace(at, unit_length, "\\ufffd");
        at += length;
    }
    return whole;
}

std::vector<criterion> criteria_of(json::object const& object) {
    std::vector<criterion> criteria;
    auto const* const details = object.if_contains("detail_status");
    if (details == nullptr || !details->is_array())
        return criteria;
    for (auto const& detail : details->get_array())
        if (detail.is_object())
            criteria.push_back({std::string{string_member(detail.get_object(), "name")},
                                std::string{string_member(detail.get_object(), "status")}});
    return criteria;
}

/// The longest part from a JSON string's front, without its quote, that has at most this many bytes and ends neither
/// inside a character nor inside an escape.
std::string_view front_of_string(std::string_view inside, std::size_t max_bytes) {
    std::size_t end = 0;
    for (std::size_t next = 0; next <= max_bytes && next < inside.size();) {
        end = next;
        if (inside[next] == '\\') {
            next += escape_length(inside, next);
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
    options.max_depth = deepest;
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

test_run read_run(run_key key, json::object const& object, std::string raw) {
    test_run run;
    run.key = std::move(key);
    run.status_text = string_member(object, "status");
    run.status = parse_status(run.status_text);
    run.created_at = parse_timestamp(string_member(object, "created_at"));
    run.completed_at = parse_timestamp(string_member(object, "completed_at"));
    run.criteria = criteria_of(object);
    run.logs = string_member(object, "logs");
    run.suite_run_id = string_member(object, "test_suite_run_id");
    run.raw = std::move(raw);
    return run;
}

std::optional<test_run> read_run(run_key key, std::string_view raw) {
    auto const parsed = parse_foreign_json(raw);
    if (!parsed || !parsed->is_object())
        return std::nullopt;
    return read_run(std::move(key), parsed->get_object(), std::string{raw});
}

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
