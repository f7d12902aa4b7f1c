#pragma once

#include "sim/fault.hpp"
#include "sim/http_text.hpp"
#include "sim/render.hpp"

#include <cstdint>

namespace runwatch::sim {

/// The answer of something that stands before the API and does not let the request through.
answer answer_instead(fault const& struck);

/// What the fault changes about the runs that are shown.
run_tweaks tweaks_of(fault const& struck);

/// Does to an answer what the fault says; `now` is the time of day, `seed` decides random bytes.
void damage(answer& reply, fault const& struck, timestamp now, std::uint64_t seed);

} // namespace runwatch::sim
