#include "cli/progress.hpp"

#include "runwatch/clock.hpp"
#include "runwatch/text.hpp"
#include "runwatch/troubles.hpp"
#include "runwatch/units.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace runwatch::cli {
namespace {

/// `2 passed, 1 failed`, in the order of first appearance.
std::string list_counts(std::vector<std::pair<std::string, int>> const& counts) {
    std::string text;
    for (auto const& [word, count] : counts)
        text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + word;
    return text;
}

void count(std::vector<std::pair<std::string, int>>& counts, std::string const& word) {
    for (auto& [known, number] : counts)
        if (known == word) {
            ++number;
            return;
        }
    counts.emplace_back(word, 1);
}

class quiet_progress : public progress {
public:
    explicit quiet_progress(output& to) : to_(to) {}

    void looked(watch_row const&, step const&, failure const*) override {}

    void note(std::string const& text) override { to_.write("runwatch: " + text + '\n'); }

    void tick() override {}

    duration interval() const override { return duration{0}; }

private:
    output& to_;
};

class line_progress : public progress {
public:
    line_progress(output& to, watch_view view, duration heartbeat) : to_(to), view_(view), heartbeat_(heartbeat) {}

    void looked(watch_row const& row, step const& step, failure const* failed) override {
        auto const ref = to_printable(row.run.key.ref());
        tell_of_failures(ref, row, step, failed);
        if (step.ended == outcome::unwatchable || step.ended == outcome::timed_out)
            say(ref + ": given up: " + step.reason);
        else if (step.ended)
            say(ref + ": " + row.status_word() + " after " + format_duration(run_duration(*row.result)));
        else
            tell_of_status(ref, row, step);
    }

    void started(watch_row const& row) override {
        auto const ref = to_printable(row.run.key.ref(), 600);
        say(ref + ": started" + (row.seen ? ", " + row.status_word() : ""));
    }

    void note(std::string const& text) override { to_.write("runwatch: " + text + '\n'); }

    void tick() override {
        say("still waiting after " + format_duration(elapsed()) + ": " + tally(view_.rows) + trouble());
    }

    duration interval() const override { return heartbeat_; }

private:
    void say(std::string const& text) {
        auto const now = format_timestamp(view_.time.utc());
        // The date is known; the time of day is what a reader compares.
        to_.write(now.substr(11, 8) + ' ' + text + '\n');
    }

    /// A line for a new status. How long the runs of a test usually take is said with it, or once it is known.
    void tell_of_status(std::string const& ref, watch_row const& row, step const& step) {
        auto const usual = usual_text(view_.schedules, row.run.key);
        auto const is_news = !usual.empty() && told_of_.insert(canonical_id(row.run.key.test_id)).second;
        if (step.status_changed)
            say(ref + ": " + row.status_word() + (usual.empty() ? "" : ", " + usual + " in all"));
        else if (is_news)
            say(ref + ": " + usual + " in all");
    }

    /// Why the first run that is retried has to be: who reads the log's last lines alone should not have to look for
    /// it.
    std::string trouble() const {
        auto const is_troubled = [](watch_row const& row) { return !row.result && !row.run.last_failure.empty(); };
        auto const first = std::ranges::find_if(view_.rows, is_troubled);
        return first == view_.rows.end() ? "" : ": " + to_printable(first->run.last_failure);
    }

    duration elapsed() const { return std::chrono::duration_cast<duration>(view_.time.now() - view_.started); }

    /// One line when a trouble begins and one when the last run is out of it, however many runs share it.
    void tell_of_failures(std::string const& ref, watch_row const& row, step const& step, failure const* failed) {
        if (step.ended && failed != nullptr) {
            troubles_.forget(row.run.key);
            return;
        }
        auto const change = troubles_.note(row.run.key, failed != nullptr ? failed->message : "");
        if (change == troubles::change::ended)
            say("polls succeed again (" + ref + ")");
        if (change != troubles::change::began)
            return;
        auto text = ref + ": poll failed: " + failed->message + "; next look in " + format_duration(step.next_poll);
        if (failed->kind == failure_kind::not_found)
            text += ", as a fresh run may not be there yet";
        say(text);
    }

    output& to_;
    watch_view view_;
    duration heartbeat_;
    troubles troubles_;
    /// Tests of which it was told how long their runs take.
    std::unordered_set<std::string> told_of_;
};

} // namespace

void progress::started(watch_row const& row) { note("started " + to_printable(row.run.key.ref(), 600)); }

std::string watch_row::status_word() const {
    if (result && (!seen || !is_terminal(seen->status)))
        return std::string{to_string(result->ended)};
    if (!run.last_failure.empty())
        return "retrying";
    if (!seen)
        return "waiting";
    return to_printable(seen->status_text, 20);
}

std::string usual_text(learned_schedules& schedules, run_key const& run) {
    auto const usual = schedules.usual(run.test_id);
    if (!usual)
        return {};
    using std::chrono::seconds;
    auto const low = std::chrono::round<seconds>(usual->low);
    auto const high = std::max(std::chrono::round<seconds>(usual->high), low + seconds{1});
    if (high < seconds{120})
        return "usually " + std::to_string(low.count()) + " to " + std::to_string(high.count()) + " s";
    return "usually " + format_duration(low) + " to " + format_duration(high);
}

std::string tally(std::span<watch_row const> rows) {
    if (rows.empty())
        return "no run is started yet";
    std::vector<std::pair<std::string, int>> ended;
    std::vector<std::pair<std::string, int>> going;
    int number = 0;
    for (auto const& row : rows) {
        number += row.result ? 1 : 0;
        count(row.result ? ended : going, row.status_word());
    }
    auto text = std::to_string(number) + " of " + std::to_string(rows.size()) + " ended";
    if (!ended.empty())
        text += ": " + list_counts(ended);
    if (!going.empty())
        text += "; " + list_counts(going);
    return text;
}

std::unique_ptr<progress> make_quiet_progress(output& to) { return std::make_unique<quiet_progress>(to); }

std::unique_ptr<progress> make_line_progress(output& to, watch_view view, duration heartbeat) {
    return std::make_unique<line_progress>(to, view, heartbeat);
}

} // namespace runwatch::cli
