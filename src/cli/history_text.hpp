#pragma once

#include <string>
#include <string_view>

namespace runwatch::cli {

/// All that is known of a run, for people: how it stands, then what happened in the order of time, then its deliveries.
/// `history` is the JSON object of docs/control-api.openapi.yaml's RunHistory. Harmless, whatever the API or a receiver
/// said.
std::string history_text(std::string_view history);

} // namespace runwatch::cli
