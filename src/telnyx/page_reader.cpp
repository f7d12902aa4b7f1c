#include "telnyx/page_reader.hpp"

#include "runwatch/run_json.hpp"
#include "telnyx/decode.hpp"
#include "telnyx/urls.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace json = boost::json;

namespace runwatch::telnyx {
namespace {

/// A count of the API's `meta`; 0 for what is none.
std::size_t count_of(json::object const& meta, std::string_view name) {
    auto const* const value = meta.if_contains(json::string_view{name.data(), name.size()});
    boost::system::error_code error;
    auto const count = value != nullptr && value->is_number() ? value->to_number<std::size_t>(error) : 0;
    return error ? 0 : count;
}

bool has_value(std::string_view json) { return !json.empty() && json != "null"; }

} // namespace

page_reader::page_reader(std::string_view body, run_list what)
    : what_(std::move(what)), empty_(without_mark(body).empty()), members_(without_mark(body)) {}

bool page_reader::read(std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes) {
        auto const count = entries_ ? read_entry() : read_member();
        if (count == 0)
            return false;
        done += count;
    }
    return true;
}

/// Returns how much was read of the answer's own members; 0 at their end.
std::size_t page_reader::read_member() {
    if (!members_.next()) {
        if (!members_.ended() || !wrapping_)
            return 0;
        wrapping_->leave(members_);
        members_ = *std::exchange(wrapping_, std::nullopt);
        return 1;
    }
    if (members_.name() == "data") {
        auto const next = members_.rest().front();
        if (next == '[') {
            // As everywhere, of members with one name the last counts.
            page_.runs.clear();
            has_data_ = true;
            entries_ = members_.inside();
            return 1;
        }
        if (next == '{' && !wrapped_ && !has_data_) {
            wrapped_ = true;
            wrapping_ = members_;
            members_ = members_.inside();
            return 1;
        }
    }
    auto const value = members_.value();
    constexpr std::size_t longest_meta = std::size_t{64} * 1024;
    if (members_.name() == "meta" && value.size() <= longest_meta)
        if (auto const meta = parse_foreign_json(value); meta && meta->is_object()) {
            page_.total_pages = count_of(meta->get_object(), "total_pages");
            page_.total_results = count_of(meta->get_object(), "total_results");
        }
    return value.size() + 1;
}

/// Returns how much was read of the runs; 0 where they break off.
std::size_t page_reader::read_entry() {
    if (!entries_->next()) {
        if (!entries_->ended())
            return 0;
        members_.leave(*entries_);
        entries_.reset();
        return 1;
    }
    auto const text = entries_->value();
    broken_ = !add(text);
    return broken_ ? 0 : text.size() + 1;
}

/// Adds the run in an entry, if there is one. Tells whether the entry is JSON.
bool page_reader::add(std::string_view text) {
    std::string mended;
    run_members object;
    if (!is_mended_json(text, mended, &object))
        return false;
    run_key named{json_string(object.test_id), json_string(object.run_id)};
    if (!what_.test_id.empty()) {
        if (!named.test_id.empty() && named != run_key{what_.test_id, named.run_id})
            return true;
        named.test_id = what_.test_id;
    }
    // Where an id leads elsewhere in the API, no run could be looked at by it.
    if (!flaw_of_id(named.test_id, "").empty() || !flaw_of_id(named.run_id, "").empty())
        return true;
    page_.runs.emplace_back(read_run(std::move(named), object, json_on_one_line(text)),
                            has_value(object.detail_status) && has_value(object.logs));
    return true;
}

result<run_page> page_reader::take() {
    if (empty_)
        return senseless("it is empty");
    if (broken_ || !members_.ended() || !without_mark(members_.rest()).empty())
        return senseless("it is no whole JSON object, or was cut short");
    if (!has_data_)
        return senseless("it holds no list of runs");
    return std::move(page_);
}

} // namespace runwatch::telnyx
