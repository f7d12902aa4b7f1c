#include "telnyx/logs_filter.hpp"

#include "runwatch/run_json.hpp"

#include <algorithm>
#include <utility>

namespace runwatch::telnyx {
namespace {

constexpr std::string_view blank = " \t\r\n";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Longer than any name that matters.
constexpr std::size_t longest_name = 8;

/// What is cut here with its mark need not be cut again where it is stored.
constexpr std::size_t room_for_mark = 128;

/// A hundred times as much leaves room for all else that a page holds.
constexpr std::size_t longest_listed_logs = std::size_t{100} * 1024;

/// How many letters at the front of a string's inside neither end it nor escape anything.
std::size_t plain_length(std::string_view text) {
    auto const* const end =
        std::find_if(text.begin(), text.end(), [](char letter) { return letter == '"' || letter == '\\'; });
    return static_cast<std::size_t>(end - text.begin());
}

} // namespace

std::string logs_filter::feed(std::string_view piece) {
    while (!piece.empty()) {
        // Most of an answer is the inside of strings.
        auto const plain = in_string_ && !in_name_ && !escaped_ ? plain_length(piece) : 0;
        if (plain > 0)
            pass(piece.substr(0, plain));
        else
            take(piece.front());
        piece.remove_prefix(std::max<std::size_t>(plain, 1));
    }
    return std::exchange(passed_, {});
}

void logs_filter::take(char letter) {
    if (in_string_) {
        take_in_string(letter);
        return;
    }
    auto const is_blank = blank.find(letter) != std::string_view::npos;
    auto const among_members = depth_ != 0 && depth_ == members_at_;
    // A number or a word ends with what follows it.
    if (in_logs_ && among_members && (is_blank || letter == ',' || letter == '}'))
        end_logs();
    if (!is_blank && among_members && expected_ == expectation::value)
        begin_value(letter);
    pass({&letter, 1});
    if (!begun_ && !is_blank && byte_order_mark.find(letter) == std::string_view::npos) {
        begun_ = true;
        members_at_ = letter == '{' ? 1 : 0;
    }
    switch (letter) {
    case '"':
        in_string_ = true;
        in_name_ = among_members && expected_ == expectation::name;
        if (in_name_)
            name_.clear();
        break;
    case '{':
    case '[':
        open(letter);
        break;
    case '}':
    case ']':
        close();
        break;
    case ':':
        if (among_members && expected_ == expectation::colon)
            expected_ = expectation::value;
        break;
    case ',':
        if (among_members)
            expected_ = expectation::name;
        break;
    default:
        break;
    }
}

void logs_filter::take_in_string(char letter) {
    pass({&letter, 1});
    auto const ends = letter == '"' && !escaped_;
    escaped_ = letter == '\\' && !escaped_;
    if (!ends) {
        if (in_name_ && name_.size() < longest_name)
            name_ += letter;
        return;
    }
    in_string_ = false;
    if (std::exchange(in_name_, false))
        expected_ = expectation::colon;
    else if (in_logs_ && depth_ == members_at_)
        end_logs();
}

void logs_filter::begin_value(char letter) {
    expected_ = expectation::nothing;
    in_logs_ = name_ == "logs";
    if (name_ == "run_id")
        run_id_came_ = true;
    if (name_ == "data" && letter == '{' && members_at_ == 1 && !run_id_came_)
        members_at_ = 2;
    if (name_ == "data" && letter == '[' && about_ == subject::list && runs_at_ == 0)
        runs_at_ = members_at_ += 2;
}

void logs_filter::open(char bracket) {
    ++depth_;
    if (bracket == '{' && depth_ == members_at_)
        expected_ = expectation::name;
}

void logs_filter::close() {
    if (depth_ == 0)
        return;
    --depth_;
    if (in_logs_ && depth_ == members_at_)
        end_logs();
    if (runs_at_ != 0 && depth_ == runs_at_ - 1)
        // Another run may follow.
        expected_ = expectation::nothing;
    else if (depth_ < members_at_) {
        runs_at_ = 0;
        members_at_ = depth_;
        expected_ = expectation::nothing;
    }
}

void logs_filter::pass(std::string_view text) {
    if (!in_logs_) {
        passed_ += text;
        return;
    }
    logs_bytes_ += text.size();
    auto const most = longest_ + short_logs_overlap;
    logs_front_ += text.substr(0, most - std::min(most, logs_front_.size()));
}

void logs_filter::end_logs() {
    in_logs_ = false;
    if (about_ == subject::list && logs_bytes_ > longest_)
        passed_ += "null";
    else
        passed_ += short_logs(logs_front_, logs_bytes_, longest_);
    logs_front_ = {};
    logs_bytes_ = 0;
}

body_filter make_logs_filter() {
    return [filter = logs_filter{longest_stored_logs - room_for_mark}](std::string_view piece) mutable {
        return filter.feed(piece);
    };
}

body_filter make_list_filter() {
    return [filter = logs_filter{longest_listed_logs, logs_filter::subject::list}](std::string_view piece) mutable {
        return filter.feed(piece);
    };
}

} // namespace runwatch::telnyx
