#include "runwatch/telnyx.hpp"
#include "telnyx/answer.hpp"
#include "telnyx/logs_filter.hpp"
#include "telnyx/urls.hpp"

#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

constexpr unsigned unauthorized = 401;

void subtract(duration skew, std::optional<timestamp>& time) {
    if (time)
        *time -= skew;
}

} // namespace

telnyx_source::telnyx_source(http_client& client, clock const& clock, std::string base_url, secret_source api_key)
    : client_(client), clock_(clock), base_url_(std::move(base_url)), api_key_(std::move(api_key)) {}

asio::awaitable<result<test_run>> telnyx_source::fetch(run_key key) {
    auto sent_key = api_key_.current();
    auto sent_at = clock_.now();
    auto request = request_for(key, sent_key);
    auto response = co_await client_.send(std::move(request));
    if (response && response->status == unauthorized && api_key_.renew(sent_key)) {
        sent_key = api_key_.current();
        sent_at = clock_.now();
        request = request_for(key, sent_key);
        response = co_await client_.send(std::move(request));
    }
    auto seen = read(response, key, sent_key);
    if (!seen)
        co_return seen;
    // Only what tells of the run is surely the API's own answer.
    if (auto const date = telnyx::date_of(*response, clock_.utc()))
        api_clock_.note(*date, sent_at, clock_.now());
    auto const skew = clock_skew();
    subtract(skew, seen->created_at);
    subtract(skew, seen->completed_at);
    co_return seen;
}

duration telnyx_source::clock_skew() const { return api_clock_.skew(clock_.now(), clock_.utc()); }

std::string telnyx_source::clock_warning() const {
    return api_clock_.is_sure() ? skew_warning(clock_skew()) : std::string{};
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
    auto const now = clock_.utc() + clock_skew();
    result<test_run> seen = response ? telnyx::read_answer(*response, key, now) : response.error();
    if (seen)
        return seen;
    auto explained = seen.error();
    // A message holds the front of a text: the key must be gone before one is cut in the middle of it.
    if (response)
        if (auto const shown = telnyx::read_answer(telnyx::without(sent_key, *response), key, now); !shown)
            explained.message = shown.error().message;
    explained.message = sent_key.redact(std::move(explained.message));
    if (response && response->status == unauthorized && !api_key_.trouble().empty())
        explained.message += "; the old key is still in use, as " + api_key_.trouble();
    return explained;
}

} // namespace runwatch
