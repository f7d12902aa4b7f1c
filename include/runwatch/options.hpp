#pragma once

#include "runwatch/option_node.hpp"
#include "runwatch/problems.hpp"
#include "runwatch/secret_source.hpp"
#include "runwatch/time.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch {

/// The least and the most that an option may be, both allowed.
template <class T>
struct option_limits {
    T least;
    T most;
};

/// How much of a URL may be shown.
enum class url_display {
    /// All but userinfo and query.
    location,
    /// Scheme, host and port: the path is a password, as in a chat service's webhook.
    origin,
};

/// Reads the options of one map of the config, each by its key and as its type.
///
/// Each reader marks its key as known and reports to the problems what is wrong with the value; it then returns what it
/// returns for a key that is not there, so that reading goes on and every problem is found. finish() reports the keys
/// that nobody read. What is read, or stands in for what is missing, is kept for effective().
///
/// A text, and whatever is written as one (a path, a duration, a size, a choice), may also be named by its place,
/// `{env: NAME}` or `{file: PATH}`; a secret also by `{credential: NAME}`. Such text is never quoted in a message. A
/// relative path is relative to the config file's folder.
///
///     auto const url = options.require_url("url");
///     auto const timeout = options.read_duration("timeout", 20s, {1s, 5min});
class option_map {
public:
    using duration_limits = option_limits<duration>;
    using number_limits = option_limits<std::uint64_t>;
    using predicate = std::function<bool(std::string_view)>;

    /// Reads the members of a map; both arguments must outlive the reader. Of a node that is no map nothing is read.
    option_map(option_node const& of, problems& found);

    option_map(option_map const&) = delete;
    option_map& operator=(option_map const&) = delete;

    /// The map that is read.
    option_node const& node() const { return node_; }

    /// Tells whether the key is there. Does not mark it as known.
    bool has(std::string_view key) const { return node_.find(key) != nullptr; }

    /// Tells whether the value of a key is a text that stands in the config file itself.
    bool is_text(std::string_view key) const;

    /// Reports a key that is missing.
    void require(std::string_view key);

    /// Where the value of a key stands, or the map if the key is missing.
    option_place place_of(std::string_view key) const;

    /// Where an item of a list stands; the list itself if it has no such item.
    option_place place_of(std::string_view key, std::size_t index) const;

    /// Reports what is wrong with the value of a key, at its place.
    void refuse(std::string_view key, std::string message);

    /// Tells whether the value of a key stands in the config file itself, so that a message may quote it.
    bool is_written_out(std::string_view key) const;

    /// The value of a key as it stands, for options with a shape of their own; null if the key is missing. Marks the
    /// key as known; note() says what effective() shows of it.
    option_node const* find(std::string_view key);

    /// Says what effective() shows of a key; the hash tells apart for canonical() what is not shown.
    void note(std::string_view key, option_node shown, std::size_t hash = 0);

    /// Makes canonical() also tell apart what the value of a key, which was read, names: such as a file's content.
    void mix(std::string_view key, std::size_t hash);

    /// Text without control characters and not empty.
    std::optional<std::string> read_text(std::string_view key);
    std::string read_text(std::string_view key, std::string otherwise);
    std::string require_text(std::string_view key);

    /// An absolute path.
    std::optional<std::string> read_path(std::string_view key);
    std::string read_path(std::string_view key, std::string otherwise);
    std::string require_path(std::string_view key);

    /// A text of which effective() shows what may be seen of a URL; whoever reads it checks that it is one.
    std::optional<std::string> read_url(std::string_view key, url_display shown = url_display::location);
    std::string require_url(std::string_view key, url_display shown = url_display::location);

    /// A secret that can be had now; a warning if it stands in the config file.
    std::optional<secret_source> read_secret(std::string_view key);
    /// One secret or a list of them.
    std::vector<secret_source> read_secrets(std::string_view key);

    std::optional<duration> read_duration(std::string_view key, duration_limits limits);
    duration read_duration(std::string_view key, duration otherwise, duration_limits limits);

    /// A number of bytes.
    std::optional<std::uint64_t> read_size(std::string_view key, number_limits limits);
    std::uint64_t read_size(std::string_view key, std::uint64_t otherwise, number_limits limits);

    /// A whole number.
    std::optional<std::uint64_t> read_number(std::string_view key, number_limits limits);
    std::uint64_t read_number(std::string_view key, std::uint64_t otherwise, number_limits limits);

    bool read_flag(std::string_view key, bool otherwise);

    /// One of some words.
    std::optional<std::string> read_choice(std::string_view key, std::vector<std::string_view> const& words);

    template <class Enum>
    std::optional<Enum> read_choice(std::string_view key,
                                    std::initializer_list<std::pair<std::string_view, Enum>> choices) {
        std::vector<std::string_view> words;
        for (auto const& each : choices)
            words.push_back(each.first);
        auto const word = read_choice(key, words);
        for (auto const& each : choices)
            if (word && each.first == *word)
                return each.second;
        return std::nullopt;
    }

    /// The default must be one of the choices.
    template <class Enum>
    Enum read_choice(std::string_view key, Enum otherwise,
                     std::initializer_list<std::pair<std::string_view, Enum>> choices) {
        if (auto const chosen = read_choice(key, choices))
            return *chosen;
        for (auto const& each : choices)
            if (each.second == otherwise)
                note(key, text_node(std::string{each.first}));
        return otherwise;
    }

    /// A list of texts, at least one; nothing if the key is missing.
    std::vector<std::string> read_texts(std::string_view key);
    std::vector<std::string> require_texts(std::string_view key);

    /// A list of some words, at least one and none twice.
    std::vector<std::string> read_choices(std::string_view key, std::vector<std::string_view> const& words,
                                          std::vector<std::string> otherwise);

    /// A map of names to texts, such as labels or headers. Of the names that `is_secret` picks the texts are not shown.
    std::map<std::string, std::string> read_text_map(std::string_view key, predicate const& is_secret = {});

    /// A map of options; null if the key is missing.
    option_map* find_map(std::string_view key);
    /// A map of options, all of which have defaults: if the key is missing, a map without members.
    option_map& read_map(std::string_view key);
    /// A list of maps of options.
    std::vector<option_map*> read_maps(std::string_view key);

    /// Keeps finish() from reporting the keys that nobody read: as when the one that decides about them is wrong.
    void leave_rest() { left_ = true; }

    /// Reports the keys that nobody read, here and in the maps within, with the nearest key that somebody would have.
    void finish();

    /// Everything that was read, defaults filled in and secrets hidden, in the order of reading.
    option_node effective() const;

    /// A text that is the same for options that mean the same. It holds no secret; inline secrets and texts read from
    /// elsewhere count by a hash that only this process understands. Some keys may be left out.
    std::string canonical(std::vector<std::string_view> const& except = {}) const;

private:
    /// What came of one key.
    struct entry {
        std::string key;
        option_node shown;
        /// Tells apart what looks the same because it is hidden.
        std::size_t hash = 0;
        /// Stands in for a map that is missing.
        std::unique_ptr<option_node> absent;
        std::vector<std::unique_ptr<option_map>> maps;
        bool is_list = false;
    };

    /// A text, and how it may be shown.
    struct text_value {
        std::string text;
        bool written_out = true;
        option_node shown;
        std::size_t hash = 0;
    };

    entry& kept(std::string_view key, option_node shown);
    std::optional<text_value> text_of(option_node const& node, std::string_view expected);
    std::optional<text_value> scalar(std::string_view key, std::string_view expected);
    std::optional<secret_source> secret_of(option_node const& node, option_node& shown, std::size_t& hash);
    std::optional<secret_source> source_of(option_node const& node, bool credentials, std::string_view expected);
    void mismatch(option_node const& node, text_value const& value, std::string_view expected);
    std::optional<std::string> word_of(option_node const& node, std::vector<std::string_view> const& words,
                                       option_node& shown, std::size_t& hash);
    std::vector<option_node> const* list_of(std::string_view key, std::string_view what);

    option_node const& node_;
    problems& problems_;
    std::vector<std::string> known_;
    std::vector<entry> entries_;
    bool left_ = false;
};

} // namespace runwatch
