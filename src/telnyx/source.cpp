#include "runwatch/telnyx.hpp"
#include "telnyx/answer.hpp"
#include "telnyx/urls.hpp"

#include <utility>

namespace asio = boost::asio;

namespace runwatch {

telnyx_source::telnyx_source(http_client& client, clock const& clock, std::string base_url, secret api_key)
    : client_(client), clock_(clock), base_url_(std::move(base_url)), api_key_(std::move(api_key)) {}

asio::awaitable<result<test_run>> telnyx_source::fetch(run_key key) {
    http_request request;
    request.url = telnyx::run_url(base_url_, key);
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("Authorization", "Bearer " + api_key_.reveal());
    auto const response = co_await client_.send(std::move(request));
    result<test_run> seen = response ? telnyx::read_answer(*response, key, clock_.utc()) : response.error();
    if (seen)
        co_return seen;
    // An answer may quote what it was sent.
    auto explained = seen.error();
    explained.message = api_key_.redact(std::move(explained.message));
    co_return explained;
}

} // namespace runwatch
