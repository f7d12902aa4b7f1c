#include "runwatch/result_filter.hpp"

#include <algorithm>

namespace runwatch {
namespace {

bool is_verdict(outcome ended) {
    return ended == outcome::passed || ended == outcome::failed || ended == outcome::error;
}

} // namespace

bool wants(result_filter const& filter, run_result const& result) {
    if (!filter.only_changes)
        return std::ranges::find(filter.outcomes, result.ended) != filter.outcomes.end();
    auto const passed_before = !result.previous || result.previous->ended == outcome::passed;
    return is_verdict(result.ended) && passed_before != (result.ended == outcome::passed);
}

} // namespace runwatch
