#pragma once

#include "runwatch/run_source.hpp"
#include "runwatch/time.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

namespace runwatch {

/// What one request of a look at a list reads: a page of it, of all runs or of those with a status.
struct list_part {
    /// Empty for all runs.
    std::string status;
    /// From 1.
    std::size_t page = 1;

    list_part() = default;

    list_part(std::string status_, std::size_t page_) : status(std::move(status_)), page(page_) {}

    friend bool operator<(list_part const& a, list_part const& b) {
        return std::tie(a.status, a.page) < std::tie(b.status, b.page);
    }
};

/// Decides what to read of a list so that no run that comes into it is missed, with few requests.
///
/// The order of lists is not documented, and they change while they are read; how many runs there are, and the filter
/// by status, are hints. So a look reads one page, the one that last showed something new, and what it says of the
/// number of runs: if there are not more than were accounted for, that was all. If there are, they are looked for where
/// they were of late, at both ends of the list and among the unfinished ones; and only if they are not there, on all
/// pages. A sweep of all pages comes first of all and then each hour, whatever the hints say. It is repeated until it
/// has shown as many runs as there are, so that none is missed that moved from one page to another meanwhile. Pure:
/// knows no time but what it is told.
class lookout {
public:
    /// Begins a look.
    void begin(instant now);

    /// What to read next, as often as it takes to get an answer; nothing if the look is over.
    std::optional<list_part> next() const { return next_; }

    /// Which of the runs on that page nobody has accounted for: in a sweep all, else those never shown before.
    std::vector<std::size_t> unaccounted(run_page const& page) const;

    /// Takes in the page that next() asked for; all runs on it are accounted for.
    void note(run_page const& page, instant now);

    /// There is no such page, or no such filter: the look goes on without it.
    void pass_over(instant now);

    /// The list is another, or is not there: the look is over, and the next is a sweep.
    void start_over();

    /// The look is a sweep of all pages.
    bool is_sweeping() const { return sweeping_; }

    /// All pages were swept at least once.
    bool has_swept() const { return has_swept_; }

    /// When the next sweep is due.
    instant next_sweep() const { return next_sweep_; }

private:
    enum class end { first, last };

    void read_first();
    void hunt(std::size_t born);
    void begin_pass();
    void begin_sweep();
    bool is_shown_again(run_page const& page);
    void note_swept(run_page const& page, std::size_t fresh, instant now);
    void end_pass(instant now);
    void end_sweep(instant now);
    void note_hunted(run_page const& page, std::size_t fresh, instant now);
    void go_on(instant now);
    void finish_hunt(instant now);
    std::optional<list_part> next_place() const;
    std::size_t page_at(end which) const;
    std::size_t account(run_page const& page);

    std::optional<list_part> next_;
    /// The runs that were accounted for, by their hashes; those that are gone until the next sweep.
    std::unordered_set<std::size_t> known_;
    /// How many runs the list had when nothing in it was unaccounted for; 0 if that is not known.
    std::size_t accounted_ = 0;
    /// The last number of runs that was told; 0 if none was.
    std::size_t total_ = 0;
    /// The last page, as far as is known.
    std::size_t last_page_ = 1;
    /// Where something new was shown last.
    end favourite_ = end::first;
    std::set<std::string> refused_filters_;

    // The hunt for runs that are new.
    std::set<list_part> read_;
    /// How many there must be; at least, if it is not told.
    std::size_t born_ = 0;
    std::size_t found_ = 0;
    /// Nothing tells how many there must be.
    bool guessing_ = false;
    /// The page beyond the one that was read last, if that was all new or did not show all that are.
    std::optional<list_part> onward_;

    // The sweep of all pages.
    bool sweeping_ = false;
    bool in_pass_ = false;
    std::unordered_set<std::size_t> swept_;
    /// What the page before in this pass showed, where the list does not tell its length.
    std::vector<std::size_t> shown_before_;
    std::size_t passes_ = 0;
    /// Runs that this pass was the first to show, with the hunt after it.
    std::size_t new_in_pass_ = 0;
    /// Runs that nobody had accounted for before this sweep.
    std::size_t new_in_sweep_ = 0;
    std::size_t empty_pages_ = 0;
    /// Runs are gone since the pass began.
    bool shrank_ = false;
    bool has_swept_ = false;
    instant next_sweep_ = instant::min();
    /// The number of runs asks for this sweep.
    bool is_extra_ = false;
    /// Sweeps in a row that the number of runs asked for, and that found nothing.
    unsigned fruitless_ = 0;
    instant no_extra_sweep_before_ = instant::min();
};

} // namespace runwatch
