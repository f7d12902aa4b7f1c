#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/result.hpp"
#include "runwatch/run_starter.hpp"
#include "runwatch/time.hpp"

#include <string>
#include <string_view>

namespace runwatch::telnyx {

/// The request that starts what is ordered, without the API key. Fails as permanent if the name of the test or the
/// suite would lead elsewhere in the API.
result<http_request> trigger_request(std::string_view base_url, run_order const& order);

/// Reads the answer to it, whatever it is. `now` is the time of day by the API's clock.
result<started_runs> read_trigger_answer(http_response const& response, run_order const& order, timestamp now);

} // namespace runwatch::telnyx
