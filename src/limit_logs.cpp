#include "runwatch/limit_logs.hpp"

#include "runwatch/json_text.hpp"

#include <utility>

namespace runwatch {
namespace {

constexpr std::string_view blank = " \t\r\n";

/// The bytes of the character or escape at the front of a string's JSON, a surrogate pair being one.
std::size_t length_of_first(std::string_view text) {
    auto const lead = static_cast<unsigned char>(text.front());
    if (lead == '\\') {
        if (!text.substr(1).starts_with('u'))
            return 2;
        auto const is_high = text.size() >= 4 && (text[2] == 'd' || text[2] == 'D') &&
                             std::string_view{"89abAB"}.find(text[3]) != std::string_view::npos;
        return is_high && text.substr(std::min<std::size_t>(6, text.size())).starts_with("\\u") ? 12 : 6;
    }
    return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// A JSON string that is too long, cut at a character.
std::string cut(std::string_view quoted) {
    auto const text = quoted.substr(1, quoted.size() - 2);
    std::size_t kept = 0;
    while (kept < text.size()) {
        auto const next = length_of_first(text.substr(kept));
        if (kept + next > truncated_log_bytes)
            break;
        kept += next;
    }
    return std::string{quoted.substr(0, kept + 1)} + "… [" + std::to_string(text.size() - kept) +
           " bytes cut by runwatch]\"";
}

/// The object without the member whose value, a part of it, is given.
std::string without_member(std::string_view object, std::string_view name, std::string_view value) {
    auto const value_start = static_cast<std::size_t>(value.data() - object.data());
    auto const colon = object.find_last_not_of(blank, value_start - 1);
    auto const key_end = object.find_last_not_of(blank, colon - 1) + 1;
    auto start = key_end - name.size() - 2;
    auto end = value_start + value.size();
    auto const before = object.find_last_not_of(blank, start - 1);
    auto const after = object.find_first_not_of(blank, end);
    // One comma goes with it: the one in front, or for the first member the one behind.
    if (object[before] == ',')
        start = before;
    else if (object[after] == ',')
        end = after + 1;
    return std::string{object.substr(0, start)}.append(object.substr(end));
}

} // namespace

log_limit read_log_limit(option_map& options, log_limit otherwise) {
    return options.read_choice<log_limit>(
        "logs", otherwise, {{"omit", log_limit::omit}, {"truncate", log_limit::truncate}, {"full", log_limit::full}});
}

std::string limit_logs(std::string_view run_json, log_limit limit) {
    constexpr std::string_view name = "logs";
    std::string object{run_json};
    if (limit == log_limit::full)
        return object;
    // An object may name a member more than once.
    while (true) {
        auto const value = json_member(object, name);
        if (value.empty() || (limit == log_limit::truncate && value.size() <= truncated_log_bytes + 2))
            return object;
        if (limit == log_limit::truncate && value.front() == '"') {
            auto const start = static_cast<std::size_t>(value.data() - object.data());
            return object.replace(start, value.size(), cut(value));
        }
        object = without_member(object, name, value);
    }
}

run_result with_limited_logs(run_result result, log_limit limit) {
    if (result.run && limit != log_limit::full)
        result.run->raw = limit_logs(result.run->raw, limit);
    return result;
}

} // namespace runwatch
