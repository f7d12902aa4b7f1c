#include "runwatch/problems.hpp"

#include "runwatch/http_client.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace runwatch {
namespace {

/// How many errors are told at once.
constexpr std::size_t most_told = 100;

std::string prefix(option_place const& at) {
    auto text = at.file;
    if (at.line != 0)
        text += ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
    text += ": ";
    if (!at.path.empty())
        text += to_printable(at.path) + ": ";
    return text;
}

} // namespace

void problems::error(option_place const& at, std::string message) { errors_.push_back({at, std::move(message)}); }

void problems::warn(option_place const& at, std::string message) { warnings_.push_back({at, std::move(message)}); }

void problems::withheld(option_place const& at, std::string message) {
    if (withheld_ == withheld_secrets::refused)
        error(at, std::move(message));
    else
        warn(at, message + "; the daemon may find it all the same");
}

std::vector<std::string> problems::sorted(std::vector<problem> found) {
    std::ranges::stable_sort(
        found, {}, [](problem const& each) { return std::tie(each.place.file, each.place.line, each.place.column); });
    std::vector<std::string> texts;
    texts.reserve(found.size());
    for (auto const& each : found)
        texts.push_back(prefix(each.place) + each.message);
    // An alias shows one mistake in several places, all of which stand where the anchor does.
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    return texts;
}

std::vector<std::string> problems::errors() const { return sorted(errors_); }

std::vector<std::string> problems::warnings() const { return sorted(warnings_); }

void problems::throw_if_any() const {
    if (!any())
        return;
    auto lines = errors();
    std::string text;
    for (std::size_t index = 0; index != std::min(lines.size(), most_told); ++index)
        text += (text.empty() ? "" : "\n") + lines[index];
    if (lines.size() > most_told)
        text += "\nand " + std::to_string(lines.size() - most_told) + " more";
    throw config_error{text};
}

} // namespace runwatch
