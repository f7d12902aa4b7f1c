#include "config/sections.hpp"
#include "runwatch/run.hpp"
#include "runwatch/telnyx.hpp"

#include <map>
#include <optional>
#include <utility>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

/// The test that an entry names; empty if it names none.
std::string read_test_id(option_map& entry) {
    auto const text = entry.read_text("test");
    if (!text)
        return {};
    auto test = parse_test(*text);
    if (test)
        return std::move(test->test_id);
    entry.refuse("test", entry.is_written_out("test") ? test.error().message
                                                      : "what it names holds no test: write its TEST_ID");
    return {};
}

/// The suite that an entry names; empty if it names none.
std::string read_suite_name(option_map& entry) {
    auto const text = entry.read_text("suite");
    if (!text)
        return {};
    auto suite = parse_suite(*text);
    if (suite)
        return std::move(suite->suite);
    entry.refuse("suite", entry.is_written_out("suite") ? suite.error().message
                                                        : "what it names holds no suite: write its name, or \"*\" for "
                                                          "all suites");
    return {};
}

std::optional<timestamp> read_since(option_map& entry) {
    auto const text = entry.read_text("since", "now");
    if (text == "now")
        return std::nullopt;
    if (text == "ever")
        return timestamp::min();
    auto const time = parse_timestamp(text);
    if (!time)
        entry.refuse("since", (entry.is_written_out("since") ? "found \"" + text + "\""
                                                             : "found another text in what it names") +
                                  ", expected now, ever, or a time such as 2026-11-23T10:15:04Z");
    return time;
}

/// What an entry follows, the same text for what is the same.
std::string identity_of(follow_entry const& entry) {
    return entry.suite.empty() ? "test " + canonical_id(entry.test_id) : "suite " + entry.suite;
}

} // namespace

std::vector<follow_entry> read_follow(option_map& options, std::vector<sink_settings> const& sinks, problems& found) {
    std::vector<follow_entry> follow;
    std::map<std::string, std::string> seen;
    for (auto* const entry : options.read_maps("follow")) {
        follow_entry one;
        one.test_id = read_test_id(*entry);
        one.suite = read_suite_name(*entry);
        one.every = entry->read_duration("every", one.every, {1s, 24h});
        one.since = read_since(*entry);
        one.labels = entry->read_text_map("labels");
        one.sinks = read_sink_names(*entry, sinks, found);
        if (entry->has("test") && entry->has("suite")) {
            entry->refuse("suite", "an entry follows a test or a suite, not both: write an entry for each");
            continue;
        }
        if (!entry->has("test") && !entry->has("suite"))
            found.error(entry->node().place, "says neither which test nor which suite to follow: write test: TEST_ID, "
                                             "or suite: NAME (\"*\" for all suites)");
        if (one.test_id.empty() && one.suite.empty())
            continue;
        auto const* const key = one.suite.empty() ? "test" : "suite";
        auto const [first, is_new] = seen.emplace(identity_of(one), entry->place_of(key).path);
        if (!is_new)
            entry->refuse(key, std::string{"the "} + key + " is followed already by " + first->second);
        follow.push_back(std::move(one));
    }
    return follow;
}

} // namespace runwatch
