#include "sim/yaml_reader.hpp"

#include "runwatch/units.hpp"
#include "sim/scenario.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <set>

namespace runwatch::sim {
namespace {

std::string join(auto const& texts) {
    std::string list;
    for (auto const& text : texts)
        list.append(list.empty() ? "" : ", ").append(text);
    return list;
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
    Number value{};
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end)
        return std::nullopt;
    return value;
}

} // namespace

yaml_value::yaml_value(YAML::Node const& node, YAML::Mark at, std::string_view file, std::string path)
    : node_(node), at_(at), file_(file), path_(std::move(path)) {}

void yaml_value::fail(std::string const& message) const {
    throw scenario_error(std::string(file_) + ":" + std::to_string(at_.line + 1) + ":" +
                         std::to_string(at_.column + 1) + ": " + (path_.empty() ? "" : path_ + ": ") + message);
}

void yaml_value::expected(std::string_view what) const {
    auto message = "expected " + std::string(what);
    if (node_.IsScalar())
        message += ", not \"" + node_.Scalar() + "\"";
    else if (node_.IsMap())
        message += ", not a map";
    else if (node_.IsSequence())
        message += ", not a list";
    else
        message += ", not nothing";
    fail(message);
}

std::string yaml_value::text() const {
    if (!node_.IsScalar())
        expected("a text");
    return node_.Scalar();
}

bool yaml_value::flag() const {
    bool value = false;
    if (!node_.IsScalar() || !YAML::convert<bool>::decode(node_, value))
        expected("true or false");
    return value;
}

std::uint64_t yaml_value::number(std::uint64_t least, std::uint64_t most) const {
    auto const value = node_.IsScalar() ? to_number<std::uint64_t>(node_.Scalar()) : std::nullopt;
    if (!value || *value < least || *value > most)
        expected(most == std::numeric_limits<std::uint64_t>::max()
                     ? "a whole number from " + std::to_string(least)
                     : "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return *value;
}

double yaml_value::fraction(double least, double most) const {
    auto const value = node_.IsScalar() ? to_number<double>(node_.Scalar()) : std::nullopt;
    if (!value || !(*value >= least && *value <= most)) {
        std::string bounds = std::to_string(least);
        bounds.erase(bounds.find_last_not_of("0.") + 1);
        expected("a number that is at least " + (bounds.empty() ? "0" : bounds) + (most == 1 ? " and at most 1" : ""));
    }
    return *value;
}

duration yaml_value::time() const {
    auto const value = node_.IsScalar() ? parse_duration(node_.Scalar()) : std::nullopt;
    if (!value)
        expected("a duration such as 500ms, 2s or 1m30s");
    return *value;
}

duration yaml_value::signed_time() const {
    std::string_view rest = node_.IsScalar() ? std::string_view(node_.Scalar()) : std::string_view();
    auto const negative = rest.starts_with('-');
    auto const value = parse_duration(negative ? rest.substr(1) : rest);
    if (!value)
        expected("a duration such as 90s or -90s");
    return negative ? -*value : *value;
}

std::uint64_t yaml_value::bytes() const {
    auto const whole = node_.IsScalar() ? std::string_view(node_.Scalar()) : std::string_view();
    auto const letters = std::min(whole.find_first_not_of("0123456789"), whole.size());
    auto const unit = whole.substr(letters);
    auto const count = to_number<std::uint64_t>(whole.substr(0, letters));
    std::uint64_t factor = 0;
    if (unit.empty() || unit == "B")
        factor = 1;
    else if (unit == "KiB")
        factor = 1024;
    else if (unit == "MiB")
        factor = std::uint64_t{1024} * 1024;
    constexpr std::uint64_t most = std::uint64_t{1024} * 1024 * 1024;
    if (factor == 0 || !count || *count > most / factor)
        expected("a size such as 512, 100KiB or 20MiB, at most 1024MiB");
    return *count * factor;
}

std::size_t yaml_value::one_of(std::span<std::string_view const> choices) const {
    auto const found = node_.IsScalar() ? std::ranges::find(choices, node_.Scalar()) : choices.end();
    if (found == choices.end())
        expected("one of " + join(choices));
    return static_cast<std::size_t>(found - choices.begin());
}

boost::json::value yaml_value::json() const {
    if (node_.IsMap()) {
        boost::json::object object;
        for (auto const& each : members())
            object.insert_or_assign(each.name, each.value.json());
        return object;
    }
    if (node_.IsSequence()) {
        boost::json::array array;
        for (auto const& item : items())
            array.push_back(item.json());
        return array;
    }
    if (node_.IsNull())
        return nullptr;
    auto const& scalar = node_.Scalar();
    if (!is_plain())
        return boost::json::value(scalar);
    if (scalar == "true" || scalar == "false")
        return scalar == "true";
    if (auto const whole = to_number<std::int64_t>(scalar))
        return *whole;
    if (auto const number = to_number<double>(scalar))
        return *number;
    return boost::json::value(scalar);
}

std::vector<yaml_value> yaml_value::items() const {
    if (!node_.IsSequence())
        expected("a list");
    std::vector<yaml_value> all;
    for (auto const& item : node_)
        all.emplace_back(item, item.Mark(), file_, path_ + "[" + std::to_string(all.size()) + "]");
    return all;
}

std::vector<yaml_member> yaml_value::members() const {
    if (!node_.IsMap())
        expected("a map");
    std::vector<yaml_member> all;
    std::set<std::string> seen;
    for (auto const& entry : node_) {
        auto const name = yaml_value(entry.first, entry.first.Mark(), file_, path_).text();
        auto const path = path_.empty() ? name : path_ + "." + name;
        yaml_value const key(entry.first, entry.first.Mark(), file_, path);
        // yaml-cpp does not know where a value is that is not there.
        auto const at = entry.second.IsNull() ? entry.first.Mark() : entry.second.Mark();
        // yaml-cpp would silently keep both.
        if (!seen.insert(name).second)
            key.fail("the key is there twice");
        all.push_back(yaml_member{name, key, yaml_value(entry.second, at, file_, path)});
    }
    return all;
}

yaml_fields::yaml_fields(yaml_value of) : of_(std::move(of)), members_(of_.members()), asked_(members_.size()) {}

std::optional<yaml_value> yaml_fields::find(std::string_view key) {
    known_.push_back(key);
    for (std::size_t index = 0; index != members_.size(); ++index)
        if (members_[index].name == key) {
            asked_[index] = true;
            return members_[index].value;
        }
    return std::nullopt;
}

yaml_value yaml_fields::require(std::string_view key) {
    auto found = find(key);
    if (!found)
        of_.fail("the key " + std::string(key) + " is missing");
    return *found;
}

void yaml_fields::finish() const {
    for (std::size_t index = 0; index != members_.size(); ++index)
        if (!asked_[index])
            members_[index].key.fail("unknown key; expected one of " + join(known_));
}

void yaml_fields::read(std::string_view key, std::string& to) {
    if (auto const value = find(key))
        to = value->text();
}

void yaml_fields::read(std::string_view key, std::optional<std::string>& to) {
    if (auto const value = find(key))
        to = value->text();
}

void yaml_fields::read(std::string_view key, bool& to) {
    if (auto const value = find(key))
        to = value->flag();
}

void yaml_fields::read(std::string_view key, duration& to) {
    if (auto const value = find(key))
        to = value->time();
}

} // namespace runwatch::sim
