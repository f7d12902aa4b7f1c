#include "runwatch/list_habit.hpp"

#include <algorithm>

namespace runwatch {
namespace {

/// What a page must be expected to show to be worth its request, and the doubt in that.
constexpr double worth_a_request = 1.5;

/// Fewer are fetched rather than used to find out what a list has become.
constexpr std::size_t fewest_to_try = 3;

constexpr unsigned least_patience = 8;
constexpr unsigned most_patience = 1024;

/// Runs that a whole page shows.
constexpr double page_size = 100;

} // namespace

bool is_list_cheaper(list_habit& habit, std::size_t wanted) {
    if (habit.coverage * static_cast<double>(wanted) >= worth_a_request)
        return true;
    if (wanted < fewest_to_try || ++habit.passed_over < habit.patience)
        return false;
    habit.passed_over = 0;
    habit.patience = std::min(2 * habit.patience, most_patience);
    return true;
}

std::size_t first_page(list_habit const& habit) {
    return habit.from_end ? std::max<std::size_t>(habit.total_pages, 1) : 1;
}

std::optional<std::size_t> next_page(list_habit& habit, page_yield const& yield) {
    habit.total_pages = yield.total_pages;
    auto const found = static_cast<double>(yield.found);
    auto const missing = static_cast<double>(yield.wanted) - found;
    if (yield.first && yield.wanted > 0) {
        // A page that is full of what was wanted could not show more of it.
        auto const share = found >= page_size / 2 ? 1.0 : found / static_cast<double>(yield.wanted);
        habit.coverage = (habit.coverage + share) / 2;
        if (share > 0.5)
            habit.patience = least_patience;
    }
    if (missing < worth_a_request || yield.total_pages < 2)
        return std::nullopt;
    if (yield.first && yield.found == 0) {
        // What is not at one end of the list is perhaps at the other.
        habit.from_end = !habit.from_end;
        return first_page(habit);
    }
    auto const density = found / static_cast<double>(std::max<std::size_t>(yield.shown, 1));
    auto const last = habit.from_end ? yield.page <= 1 : yield.page >= yield.total_pages;
    if (last || std::min(density * page_size, missing) < worth_a_request)
        return std::nullopt;
    return habit.from_end ? std::min(yield.page, yield.total_pages) - 1 : yield.page + 1;
}

void note_refusal(list_habit& habit) {
    habit.coverage = 0;
    // The last page may have gone.
    habit.from_end = false;
    habit.passed_over = 0;
    habit.patience = std::min(2 * habit.patience, most_patience);
}

} // namespace runwatch
