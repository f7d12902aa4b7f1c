#include "cli/columns.hpp"
#include "cli/progress.hpp"

#include "runwatch/units.hpp"

#include <algorithm>
#include <vector>

namespace runwatch::cli {
namespace {

constexpr std::size_t status_width = 11;
constexpr std::size_t elapsed_width = 10;

/// A line without colours, so that its width is its length, and the colour of its first part.
struct line {
    std::string text;
    char const* colour = "";
};

class live_view : public progress {
public:
    live_view(output& to, int descriptor, watch_view view) : to_(to), descriptor_(descriptor), view_(view) {
        auto const no_colour = environment("NO_COLOR");
        coloured_ = no_colour.empty();
    }

    void looked(watch_row const&, step const& step, failure const*) override {
        if (step.status_changed || step.failure_changed || step.ended)
            draw();
    }

    void note(std::string const& text) override {
        erase();
        to_.write("runwatch: " + text + '\n');
        draw();
    }

    void tick() override { draw(); }

    duration interval() const override { return duration{1'000}; }

    void resized() override { draw(); }

    void finish() override {
        erase();
        finished_ = true;
    }

private:
    /// How many rows the terminal now gives to what was drawn: a narrower one has folded the lines.
    std::size_t rows_drawn(std::size_t columns) const {
        std::size_t rows = 0;
        for (auto const width : drawn_)
            rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
        return rows;
    }

    /// Moves to where the view begins.
    std::string back_to_top() const {
        auto const up = rows_drawn(size_of_terminal(descriptor_).columns);
        return up == 0 ? "\r" : "\r\x1b[" + std::to_string(up) + 'A';
    }

    void erase() {
        if (!drawn_.empty())
            to_.write(back_to_top() + "\x1b[J");
        drawn_.clear();
    }

    void draw() {
        if (finished_)
            return;
        auto const size = size_of_terminal(descriptor_);
        auto text = drawn_.empty() ? std::string{"\r"} : back_to_top();
        std::vector<std::size_t> widths;
        for (auto& [line, colour] : compose(size)) {
            // The last column stays free, or some terminals would fold the line.
            line.resize(std::min<std::size_t>(line.size(), size.columns - 1));
            widths.push_back(line.size());
            auto const head = line.substr(0, status_width);
            text += *colour != '\0' && coloured_ ? colour + head + "\x1b[0m" : head;
            text += line.substr(head.size()) + "\x1b[K\n";
        }
        to_.write(text + "\x1b[J");
        drawn_ = std::move(widths);
    }

    std::vector<line> compose(terminal_size size) const {
        std::vector<watch_row const*> rows;
        rows.reserve(view_.rows.size());
        for (auto const& row : view_.rows)
            rows.push_back(&row);
        // One line is for the tally, and one for the cursor.
        std::size_t const room = size.rows > 3 ? size.rows - 2 : 1;
        std::size_t left_out = 0;
        if (rows.size() > room) {
            // What still goes on, or went wrong, is worth more than what passed.
            std::ranges::stable_sort(rows, {}, [](auto const* row) { return rank(*row); });
            left_out = rows.size() - (room - 1);
            rows.resize(room - 1);
        }
        std::vector<line> lines;
        for (auto const* row : rows)
            lines.push_back(compose(*row, size.columns));
        auto const age = std::chrono::duration_cast<duration>(view_.time.now() - view_.started);
        if (left_out != 0)
            lines.push_back({"... and " + std::to_string(left_out) + " more", ""});
        lines.push_back({tally(view_.rows) + "; " + format_duration(age), ""});
        return lines;
    }

    line compose(watch_row const& row, std::size_t columns) const {
        // The last column stays free.
        auto const taken = status_width + elapsed_width + 2 + 1;
        auto const width = columns > taken + 24 ? columns - taken : 24;
        auto const age = std::chrono::duration_cast<duration>(view_.time.now() - row.run.born);
        auto const elapsed = row.result ? run_duration(*row.result) : age;
        auto text = padded(ascii(row.status_word()), status_width) + padded(format_duration(elapsed), elapsed_width) +
                    "  " + short_ref(row.run.key, width);
        auto note = row.result ? row.result->reason : row.run.last_failure;
        if (note.empty() && !row.result)
            note = usual_text(view_.schedules, row.run.key);
        if (!note.empty())
            text += "  " + ascii(note);
        return {std::move(text), colour_of(row)};
    }

    static int rank(watch_row const& row) {
        if (!row.result)
            return 1;
        return row.result->ended == outcome::passed ? 2 : 0;
    }

    static char const* colour_of(watch_row const& row) {
        if (!row.result)
            return row.run.last_failure.empty() ? "\x1b[36m" : "\x1b[33m";
        return row.result->ended == outcome::passed ? "\x1b[32m" : "\x1b[31m";
    }

    output& to_;
    int descriptor_;
    watch_view view_;
    bool coloured_ = true;
    bool finished_ = false;
    /// The width of each line on the screen.
    std::vector<std::size_t> drawn_;
};

} // namespace

std::unique_ptr<progress> make_live_view(output& to, int descriptor, watch_view view) {
    return std::make_unique<live_view>(to, descriptor, view);
}

} // namespace runwatch::cli
