#pragma once

#include <cstddef>
#include <optional>

namespace runwatch {

/// What was learned from the lists of one test or suite run: whether one is worth its request.
///
/// The order of a list is not documented, and it may hold thousands of old runs besides those that are wanted: only
/// what its pages have shown so far tells whether the wanted runs are found on the first page, on the last, or nowhere
/// worth looking. Pure.
struct list_habit {
    /// The share of the wanted runs that the first page of a sweep showed, of late.
    double coverage = 1.0;
    /// The wanted runs are on the last pages.
    bool from_end = false;
    /// Pages that the list had when it was last read; 0 if not told.
    std::size_t total_pages = 0;
    /// How often no list was read that could have been, since the last one.
    unsigned passed_over = 0;
    /// How often to pass lists over before the next one is tried for what it may have become.
    unsigned patience = 8;
};

/// What one page of a list brought.
struct page_yield {
    /// From 1.
    std::size_t page = 1;
    /// The first of its sweep.
    bool first = true;
    std::size_t total_pages = 0;
    /// Runs on the page.
    std::size_t shown = 0;
    /// Wanted runs before it, and how many of them it showed.
    std::size_t wanted = 0;
    std::size_t found = 0;
};

/// Tells whether to read a list for so many wanted runs rather than to fetch each, by the number of requests. Counts
/// the times that it says no: now and then it says yes to find out what has changed.
bool is_list_cheaper(list_habit& habit, std::size_t wanted);

/// The page that a sweep begins with.
std::size_t first_page(list_habit const& habit);

/// Learns from a page, and tells which one to read next for the wanted runs that it did not show; none if it is cheaper
/// to fetch them one by one.
std::optional<std::size_t> next_page(list_habit& habit, page_yield const& yield);

/// Learns that a list could not be read.
void note_refusal(list_habit& habit);

} // namespace runwatch
