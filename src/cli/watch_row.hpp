#pragma once

#include "runwatch/run_result.hpp"
#include "runwatch/watch.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace runwatch::cli {

/// What a wait knows of one of its runs: a row of the live view, an element of the results.
struct watch_row {
    watched_run run;
    /// The number of the order that started it, from 0; rows are sorted by it.
    std::size_t order = 0;
    /// The last look that succeeded.
    std::optional<test_run> seen;
    /// Set once the watch has ended.
    std::optional<run_result> result;

    explicit watch_row(watched_run run_) : run(std::move(run_)) {}

    /// The status in a word for people: the API's own, or what stands in for it.
    std::string status_word() const;
};

} // namespace runwatch::cli
