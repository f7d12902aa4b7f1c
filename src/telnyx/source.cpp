#include "runwatch/telnyx.hpp"
#include "telnyx/answer.hpp"
#include "telnyx/logs_filter.hpp"
#include "telnyx/urls.hpp"

#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

constexpr unsigned unauthorized = 401;

/// The answer without a text that must not be shown.
http_response without(secret const& hidden, http_response response) {
    response.body = hidden.redact(std::move(response.body));
    for (auto& header : response.headers)
        header.value = hidden.redact(std::move(header.value));
    return response;
}

} // namespace

telnyx_source::telnyx_source(http_client& client, clock const& clock, std::string base_url, secret_source api_key)
    : client_(client), clock_(clock), base_url_(std::move(base_url)), api_key_(std::move(api_key)) {}

asio::awaitable<result<test_run>> telnyx_source::fetch(run_key key) {
    auto sent_key = api_key_.current();
    auto request = request_for(key, sent_key);
    auto response = co_await client_.send(std::move(request));
    if (response && response->status == unauthorized && api_key_.renew(sent_key)) {
        sent_key = api_key_.current();
        request = request_for(key, sent_key);
        response = co_await client_.send(std::move(request));
    }
    co_return read(response, key, sent_key);
}

http_request telnyx_source::request_for(run_key const& key, secret const& api_key) const {
    http_request request;
    request.url = telnyx::run_url(base_url_, key);
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("Authorization", "Bearer " + api_key.reveal());
    request.shorten_body = telnyx::make_logs_filter;
    return request;
}

/// What an answer says; a failure without the key, which an answer may quote.
result<test_run> telnyx_source::read(result<http_response> const& response, run_key const& key,
                                     secret const& sent_key) {
    auto const now = clock_.utc();
    result<test_run> seen = response ? telnyx::read_answer(*response, key, now) : response.error();
    if (seen)
        return seen;
    auto explained = seen.error();
    // A message holds the front of a text: the key must be gone before one is cut in the middle of it.
    if (response)
        if (auto const shown = telnyx::read_answer(without(sent_key, *response), key, now); !shown)
            explained.message = shown.error().message;
    explained.message = sent_key.redact(std::move(explained.message));
    if (response && response->status == unauthorized && !api_key_.trouble().empty())
        explained.message += "; the old key is still in use, as " + api_key_.trouble();
    return explained;
}

} // namespace runwatch
