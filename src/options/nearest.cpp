#include "options/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace runwatch {
namespace {

/// Longer words are not compared: nobody mistypes them, and the work grows with the square.
constexpr std::size_t longest_word = 100;

bool same_letter(char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

} // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Levenshtein's table row by row, with the row before the last for swapped neighbours.
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            auto const same = same_letter(a[i - 1], b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

std::string nearest(std::string_view found, std::vector<std::string> const& words) {
    std::string best;
    auto best_distance = longest_word;
    if (found.size() > longest_word)
        return best;
    for (auto const& word : words) {
        auto const shorter = std::min(found.size(), word.size());
        auto const longer = std::max(found.size(), word.size());
        auto const close = std::max<std::size_t>(1, longer / 3);
        auto const is_abbreviated = found.size() > 2 && word.starts_with(found);
        if (longer - shorter > close && !is_abbreviated)
            continue;
        auto const distance = is_abbreviated ? 1 : edit_distance(found, word);
        // A word of one or two letters is close to everything.
        if (distance <= close && distance < shorter && distance < best_distance) {
            best = word;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace runwatch
