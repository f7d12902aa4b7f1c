#pragma once

#include "sim/route.hpp"
#include "sim/world.hpp"

#include <optional>
#include <string>
#include <vector>

namespace runwatch::sim {

/// What `page[number]` and `page[size]` of a request ask for.
struct page_query {
    std::size_t number = 1;
    std::size_t size = 20;
    /// How many of the page before come again; fewer than its size.
    std::size_t repeated = 0;
    /// The body of the 422 that is due if they make no sense.
    std::optional<std::string> refusal;
};

page_query read_page(route const& asked);

/// The places of a list's items that are on a page: from `begin` up to but not including `end`.
struct page_bounds {
    std::size_t begin = 0;
    std::size_t end = 0;
};

page_bounds bounds_of(page_query const& page, std::size_t total);

/// Which runs a client wants listed.
struct run_filter {
    std::optional<std::string> status;
    std::optional<std::string> suite_run;
};

/// The runs of one page, and how many there are on all pages.
struct run_page {
    std::vector<known_run*> runs;
    std::size_t total = 0;
};

/// Picks a page of the runs, which are given with the oldest first. `shuffle_seed` matters for shuffled lists only.
run_page pick_runs(std::vector<known_run*> const& all, run_filter const& filter, list_order order,
                   page_query const& page, duration now, std::uint64_t shuffle_seed);

} // namespace runwatch::sim
