#pragma once

#include "config/source_text.hpp"
#include "runwatch/option_node.hpp"
#include "runwatch/problems.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

namespace runwatch {

/// Thrown where reading on makes no sense, after the problem was reported.
struct given_up {};

/// Builds the tree of one YAML document from the parser's events.
///
/// From events rather than from YAML::Node, which keeps no place for an alias, and whose trees an alias can make as
/// deep and as large as it likes.
class document : public YAML::EventHandler {
public:
    document(source_text& text, problems& found) : text_(text), problems_(found) {}

    /// The document; nothing if there was none.
    option_node take() { return std::move(root_); }

    void OnDocumentStart(YAML::Mark const& mark) override;

    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override;
    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override;
    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override;
    void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override;
    void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override;

private:
    /// A list or a map that has not ended.
    struct level {
        option_node node;
        YAML::anchor_t anchor = 0;
        /// Of a map: the key whose value comes next.
        bool has_key = false;
        option_member key;
        /// The key is none, or one too many: its value is dropped.
        bool dropped = false;
        std::unordered_set<std::string> names;
    };

    bool expects_key() const;
    void count(option_place const& at, std::size_t values, std::size_t depth);
    option_place place_of_value(YAML::Mark const& mark);
    void check_tag(option_place const& at, std::string const& tag);
    void begin(option_kind kind, YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor);
    void end();
    void add_key(YAML::Mark const& mark, std::string const& tag, std::string const& name);
    void add_no_key(option_place const& at);
    void add_value(option_node value, YAML::anchor_t anchor);

    source_text& text_;
    problems& problems_;
    option_node root_;
    bool started_ = false;
    std::size_t values_ = 0;
    std::vector<level> levels_;
    std::map<YAML::anchor_t, option_node> anchors_;
};

} // namespace runwatch
