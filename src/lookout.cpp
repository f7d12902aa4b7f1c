#include "runwatch/lookout.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr duration between_sweeps = 1h;

/// A number of runs that the pages do not bear out is not believed again so soon; longer each time.
constexpr duration shortest_patience = 1min;

/// So often a list is read from end to end in one look; what is missing then is looked for by the next.
constexpr std::size_t most_passes = 5;

/// The same for a list that does not tell how many runs it has.
constexpr std::size_t most_blind_passes = 3;

/// A list that shows nothing on so many pages in a row is at its end, whatever it says.
constexpr std::size_t most_empty_pages = 3;

/// Runs that have not ended, as the API's description has them, in the order of a life: a run that goes on while it is
/// looked for is not overtaken.
constexpr std::array<char const*, 3> unfinished{"pending", "starting", "running"};

std::size_t mark_of(listed_run const& listed) { return std::hash<run_key>{}(listed.run.key); }

} // namespace

void lookout::begin(instant now) {
    if (sweeping_) {
        // One that was not finished goes on.
        passes_ = 0;
        begin_pass();
    } else if (now >= next_sweep_)
        begin_sweep();
    else
        read_first();
}

void lookout::start_over() {
    next_.reset();
    in_pass_ = sweeping_ = false;
    next_sweep_ = instant::min();
}

/// Begins with the page that may show at once what is new, and tells whether anything is.
void lookout::read_first() {
    hunt(0);
    guessing_ = false;
    next_ = list_part({}, page_at(favourite_));
}

/// Begins to look for so many runs; the place where comes by go_on().
void lookout::hunt(std::size_t born) {
    read_.clear();
    born_ = born;
    found_ = 0;
    guessing_ = total_ == 0;
    onward_.reset();
}

void lookout::begin_sweep() {
    sweeping_ = true;
    swept_.clear();
    passes_ = 0;
    new_in_sweep_ = 0;
    refused_filters_.clear();
    begin_pass();
}

void lookout::begin_pass() {
    if (shrank_)
        // Some of those that were shown may be gone: they say nothing of how many are left.
        swept_.clear();
    ++passes_;
    in_pass_ = true;
    new_in_pass_ = 0;
    empty_pages_ = 0;
    shown_before_.clear();
    shrank_ = false;
    next_ = list_part({}, 1);
}

std::size_t lookout::page_at(end which) const { return which == end::first ? 1 : last_page_; }

std::vector<std::size_t> lookout::unaccounted(run_page const& page) const {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place != page.runs.size(); ++place)
        if (sweeping_ || !known_.contains(mark_of(page.runs[place])))
            places.push_back(place);
    return places;
}

/// Accounts for all runs on a page; returns how many of them are new to whatever is under way.
std::size_t lookout::account(run_page const& page) {
    std::size_t fresh = 0;
    std::size_t swept = 0;
    for (auto const& listed : page.runs) {
        auto const mark = mark_of(listed);
        fresh += known_.insert(mark).second ? 1U : 0U;
        if (sweeping_)
            swept += swept_.insert(mark).second ? 1U : 0U;
    }
    new_in_sweep_ += fresh;
    new_in_pass_ += swept;
    return sweeping_ ? swept : fresh;
}

void lookout::note(run_page const& page, instant now) {
    auto const fresh = account(page);
    if (next_->status.empty()) {
        shrank_ |= in_pass_ && page.total_results < total_ && next_->page > 1;
        total_ = page.total_results;
        if (page.total_pages != 0)
            last_page_ = page.total_pages;
        else if (!page.runs.empty())
            last_page_ = std::max(last_page_, next_->page);
    }
    if (in_pass_)
        note_swept(page, fresh, now);
    else
        note_hunted(page, fresh, now);
}

void lookout::pass_over(instant now) {
    if (in_pass_) {
        end_pass(now);
        return;
    }
    read_.insert(*next_);
    if (!next_->status.empty())
        refused_filters_.insert(next_->status);
    else
        last_page_ = std::max<std::size_t>(next_->page - 1, 1);
    onward_.reset();
    go_on(now);
}

/// Tells whether a page shows what the one before in this pass did.
bool lookout::is_shown_again(run_page const& page) {
    std::vector<std::size_t> shown;
    shown.reserve(page.runs.size());
    std::ranges::transform(page.runs, std::back_inserter(shown), mark_of);
    auto const is_same = shown == shown_before_;
    shown_before_ = std::move(shown);
    return is_same;
}

/// Goes on with the next page, if there is one.
void lookout::note_swept(run_page const& page, std::size_t fresh, instant now) {
    empty_pages_ = page.runs.empty() ? empty_pages_ + 1 : 0;
    // A list that tells nothing of its length ends with the page that shows nothing, or the same as the one before: not
    // every server heeds the number of a page that it does not have. One that tells may have more pages than it says.
    auto const is_last = page.total_pages == 0
                             ? page.runs.empty() || is_shown_again(page)
                             : next_->page >= page.total_pages && (fresh == 0 || swept_.size() >= total_);
    if (is_last || empty_pages_ >= most_empty_pages)
        end_pass(now);
    else
        next_ = list_part({}, next_->page + 1);
}

/// Looks for what was not shown yet, or ends the sweep.
void lookout::end_pass(instant now) {
    in_pass_ = false;
    if (total_ == 0) {
        if (swept_.empty() || (passes_ > 1 && new_in_pass_ == 0) || passes_ >= most_blind_passes)
            end_sweep(now);
        else
            begin_pass();
        return;
    }
    if (!shrank_ && swept_.size() >= total_) {
        end_sweep(now);
        return;
    }
    if (passes_ > 1 && new_in_pass_ == 0 && !shrank_) {
        // Some are counted that no page shows.
        end_sweep(now);
        return;
    }
    accounted_ = swept_.size();
    hunt(total_ - std::min(total_, swept_.size()));
    go_on(now);
}

void lookout::end_sweep(instant now) {
    known_ = std::move(swept_);
    swept_ = {};
    sweeping_ = false;
    accounted_ = total_;
    has_swept_ = true;
    next_sweep_ = now + between_sweeps;
    if (new_in_sweep_ != 0)
        fruitless_ = 0;
    else if (is_extra_)
        ++fruitless_;
    is_extra_ = false;
    auto const patience = shortest_patience * (1U << std::min(fruitless_, 6U));
    no_extra_sweep_before_ = fruitless_ == 0 ? instant::min() : now + std::min<duration>(patience, between_sweeps);
    next_.reset();
}

void lookout::note_hunted(run_page const& page, std::size_t fresh, instant now) {
    auto const part = *next_;
    read_.insert(part);
    found_ += fresh;
    onward_.reset();
    if (part.status.empty()) {
        // A list that is empty tells 0 as well as one that does not tell.
        auto const is_empty = page.runs.empty() && part.page == 1;
        auto const some_are_gone = total_ < accounted_;
        if (total_ != 0 && !some_are_gone)
            born_ = std::max(born_, total_ - accounted_);
        else if (!is_empty)
            // Who came counts for nothing in the sum.
            guessing_ = true;
        shrank_ |= sweeping_ && some_are_gone;
        if (fresh > 0) {
            // With one page both ends are the same.
            if (last_page_ > 1)
                favourite_ = part.page > last_page_ / 2 ? end::last : end::first;
            auto const towards_end = favourite_ == end::first;
            auto const beyond = towards_end ? part.page + 1 : part.page - 1;
            auto const all_new = fresh >= page.runs.size();
            if (beyond >= 1 && beyond <= last_page_ && (all_new || found_ < born_))
                onward_ = list_part({}, beyond);
        }
        if (page.total_pages == 0 && part.page == last_page_ && page.runs.size() >= runs_per_page)
            onward_ = list_part({}, part.page + 1);
    }
    go_on(now);
}

/// Decides where to look next, if anywhere.
void lookout::go_on(instant now) {
    auto const is_enough = !guessing_ && found_ >= born_;
    next_ = std::exchange(onward_, std::nullopt);
    if (next_ && read_.contains(*next_))
        next_.reset();
    if (!next_ && !is_enough)
        next_ = next_place();
    if (!next_)
        finish_hunt(now);
}

std::optional<list_part> lookout::next_place() const {
    auto const other = favourite_ == end::first ? end::last : end::first;
    for (auto const which : {favourite_, other})
        if (list_part part({}, page_at(which)); !read_.contains(part))
            return part;
    for (auto const* const status : unfinished)
        if (list_part part(status, 1); !read_.contains(part) && !refused_filters_.contains(status))
            return part;
    return std::nullopt;
}

/// Ends the look, or has all pages read if runs must be there that were not found.
void lookout::finish_hunt(instant now) {
    next_.reset();
    auto const is_enough = guessing_ || found_ >= born_;
    if (sweeping_) {
        if (is_enough && !shrank_)
            end_sweep(now);
        else if (passes_ < most_passes)
            begin_pass();
        return;
    }
    accounted_ = total_;
    if (is_enough)
        return;
    is_extra_ = true;
    if (now >= no_extra_sweep_before_)
        begin_sweep();
    else
        next_sweep_ = std::min(next_sweep_, no_extra_sweep_before_);
}

} // namespace runwatch
