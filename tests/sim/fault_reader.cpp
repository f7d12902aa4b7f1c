#include "sim/fault_reader.hpp"

#include <array>
#include <charconv>

namespace runwatch::sim {
namespace {

request_range read_range(yaml_value const& value) {
    auto const text = value.text();
    auto const* const end = text.data() + text.size();
    request_range range;
    auto [stop, error] = std::from_chars(text.data(), end, range.first);
    auto good = error == std::errc() && range.first > 0;
    if (good && stop == end) {
        range.last = range.first;
    } else if (good && *stop == '-' && stop + 1 != end) {
        auto const [last_stop, last_error] = std::from_chars(stop + 1, end, range.last);
        good = last_error == std::errc() && last_stop == end && range.last >= range.first;
    } else {
        good = good && stop + 1 == end && *stop == '-';
    }
    if (!good)
        value.expected("a request number such as 3, \"2-5\" or \"4-\", counted from 1");
    return range;
}

strike_rule read_rule(yaml_fields& in) {
    strike_rule rule;
    if (auto const on = in.find("on")) {
        if (on->is_list())
            for (auto const& item : on->items())
                rule.on.push_back(read_range(item));
        else
            rule.on.push_back(read_range(*on));
    }
    if (auto const every = in.find("every"))
        rule.every = every->number(1, std::numeric_limits<std::uint64_t>::max());
    if (auto const chance = in.find("chance"))
        rule.chance = chance->fraction(0, 1);
    return rule;
}

operation read_operation(yaml_value const& value) {
    auto const found = find_operation(value.text());
    if (!found)
        value.expected("an operation id such as retrieve_run, or retrieve, list, trigger, suite, trigger_suite, test, "
                       "tests, suites");
    return *found;
}

void read_body(yaml_value const& value, fault& into) {
    constexpr std::array<std::string_view, 5> kinds{"json", "html", "empty", "garbage", "truncated"};
    if (value.is_map()) {
        yaml_fields in(value);
        into.body = body_kind::text;
        into.body_text = in.require("text").text();
        in.finish();
        return;
    }
    into.body = static_cast<body_kind>(value.one_of(kinds));
}

void read_cut(yaml_value const& value, fault& into) {
    constexpr std::array<std::string_view, 4> points{"true", "before", "headers", "body"};
    auto const place = value.one_of(points);
    into.cut = place == 0 ? cut_point::before : static_cast<cut_point>(place);
}

fault read_fault(yaml_value const& value, bool with_paths) {
    yaml_fields in(value);
    fault found;
    found.rule = read_rule(in);
    if (with_paths)
        if (auto const path = in.find("path")) {
            if (path->is_list())
                for (auto const& item : path->items())
                    found.paths.push_back(read_operation(item));
            else
                found.paths.push_back(read_operation(*path));
        }
    if (auto const status = in.find("status"))
        found.status = static_cast<unsigned>(status->number(200, 999));
    if (auto const headers = in.find("headers"))
        for (auto const& each : headers->members())
            found.headers.emplace_back(each.name, each.value.text());
    if (auto const ahead = in.find("retry_after_date"))
        found.retry_after_date = ahead->signed_time();
    in.read("redirect", found.redirect);
    in.read("detail_422", found.detail_422);
    in.read("carried_out", found.carried_out);
    if (auto const body = in.find("body"))
        read_body(*body, found);
    in.read("raw_body", found.raw_body);
    in.read("content_type", found.content_type);
    in.read("delay", found.delay);
    in.read("trickle", found.trickle);
    in.read("hang", found.hang);
    if (auto const close = in.find("close"))
        read_cut(*close, found);
    if (auto const reset = in.find("reset")) {
        if (found.cut != cut_point::never)
            reset->fail("close and reset exclude each other");
        read_cut(*reset, found);
        found.reset = true;
    }
    if (auto const huge = in.find("huge"))
        found.logs_bytes = huge->bytes();
    if (auto const header = in.find("header_bytes"))
        found.header_bytes = header->bytes();
    in.read("other_run", found.other_run);
    if (auto const status_value = in.find("status_value"))
        found.status_value = status_value->json();
    in.read("no_status", found.no_status);
    in.finish();
    return found;
}

} // namespace

std::vector<fault> read_faults(yaml_value const& list, bool with_paths) {
    std::vector<fault> all;
    for (auto const& item : list.items())
        all.push_back(read_fault(item, with_paths));
    return all;
}

} // namespace runwatch::sim
