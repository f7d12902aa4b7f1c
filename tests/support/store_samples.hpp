#pragma once

#include "runwatch/store.hpp"

#include <future>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::support {

/// 2026-11-23 12:00:00 UTC, and a number of seconds later.
timestamp noon(int seconds = 0);

/// A run that the API has shown to end so, detected that many seconds after noon.
run_result sample_result(run_key const& key, outcome ended = outcome::passed, int seconds = 0);

/// A watch that the config asks for, for every sink.
watch_record sample_watch(run_key const& key);

/// A router that names the same sinks for every result.
store::router to_sinks(std::vector<std::string> sinks);

/// Keeps the store's thread busy with one call, so that those that come after it wait together.
class held_call {
public:
    /// Names the sinks once it is let go.
    store::router router(std::vector<std::string> sinks);

    void let_go() { go_.set_value(); }

private:
    std::promise<void> go_;
};

/// The sinks that these are owed to.
std::vector<std::string> sinks_of(std::vector<owed_delivery> const& owed);

/// Results and nothing else.
findings found(std::vector<run_result> results);

} // namespace runwatch::support
