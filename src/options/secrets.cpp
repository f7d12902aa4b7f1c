#include "runwatch/options.hpp"

#include "options/values.hpp"
#include "runwatch/http_client.hpp"

#include <utility>

namespace runwatch {
namespace {

constexpr std::string_view expected_secret = "{env: NAME}, {file: PATH} or {credential: NAME}";

} // namespace

std::optional<secret_source> option_map::secret_of(option_node const& node, option_node& shown, std::size_t& hash) {
    secret_source source;
    if (node.kind == option_kind::text) {
        source = {secret_source::origin::inline_text, node.text};
        shown = text_node(std::string{hidden});
        hash = hash_of(node.text);
    } else {
        auto const named = source_of(node, true, expected_secret);
        if (!named)
            return std::nullopt;
        source = *named;
        shown = shown_source(source);
    }
    try {
        source.read();
    } catch (credential_withheld const& wrong) {
        problems_.withheld(node.place, wrong.what());
        return std::nullopt;
    } catch (config_error const& wrong) {
        problems_.error(node.place, wrong.what());
        return std::nullopt;
    }
    if (node.kind == option_kind::text)
        problems_.warn(node.place, "the secret stands in the config file for all to read; better name its place by " +
                                       std::string{expected_secret});
    return source;
}

std::optional<secret_source> option_map::read_secret(std::string_view key) {
    auto const* const node = find(key);
    option_node shown;
    std::size_t hash = 0;
    auto source = node == nullptr ? std::nullopt : secret_of(*node, shown, hash);
    if (node != nullptr)
        note(key, std::move(shown), hash);
    return source;
}

std::vector<secret_source> option_map::read_secrets(std::string_view key) {
    std::vector<secret_source> sources;
    auto const* const node = find(key);
    if (node == nullptr)
        return sources;
    if (node->kind != option_kind::list) {
        if (auto source = read_secret(key))
            sources.push_back(std::move(*source));
        return sources;
    }
    if (node->items.empty())
        problems_.error(node->place, "found an empty list, expected at least one secret");
    std::vector<option_node> all;
    std::size_t hash = 0;
    for (auto const& item : node->items) {
        std::size_t one = 0;
        option_node shown;
        if (auto source = secret_of(item, shown, one))
            sources.push_back(std::move(*source));
        all.push_back(std::move(shown));
        hash = hash * 31 + one;
    }
    note(key, list_node(std::move(all)), hash);
    return sources;
}

} // namespace runwatch
