#pragma once

#include "runwatch/time.hpp"

#include <string>

namespace runwatch {

/// What the config has followed: all new runs of a test, or of a suite.
struct followed_list {
    /// Empty for a suite.
    std::string test_id;
    /// `*` stands for all suites; empty for a test.
    std::string suite;
};

/// Since when something is followed, as it survives a restart.
struct follow_record {
    followed_list list;
    /// By the API's clock if that is known, else by ours.
    timestamp began;
    bool by_api = false;
};

} // namespace runwatch
