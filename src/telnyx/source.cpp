#include "runwatch/telnyx.hpp"
#include "runwatch/text.hpp"
#include "telnyx/answer.hpp"
#include "telnyx/logs_filter.hpp"
#include "telnyx/page_reader.hpp"
#include "telnyx/trigger.hpp"
#include "telnyx/urls.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

constexpr unsigned unauthorized = 401;

/// How much of a page is read before the loop gets its turn: about a millisecond's work.
constexpr std::size_t bytes_at_once = std::size_t{256} * 1024;

void subtract(duration skew, std::optional<timestamp>& time) {
    if (time)
        *time -= skew;
}

void correct(test_run& seen, duration skew) {
    subtract(skew, seen.created_at);
    subtract(skew, seen.completed_at);
}

http_request get(std::string url) {
    http_request request;
    request.url = std::move(url);
    return request;
}

http_request with_key(http_request request, secret const& api_key) {
    request.headers.reserve(request.headers.size() + 2);
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("Authorization", "Bearer " + api_key.reveal());
    return request;
}

bool is_success(result<http_response> const& response) { return response && response->status / 100 == 2; }

/// The failure of what the user has not asked for in so many words: its message names that.
failure while_listing(run_list const& what, failure failed) {
    auto const name = what.suite.empty() ? "the test " + to_printable(what.test_id)
                                         : "the suite \"" + to_printable(what.suite) + "\"";
    failed.message.insert(0, "the runs of " + name + " cannot be listed: ");
    return failed;
}

failure while_listing_suites(failure failed) {
    failed.message.insert(0, "the suites cannot be listed: ");
    return failed;
}

failure while_asking_about(std::string const& test_id, failure failed) {
    failed.message.insert(0, "nothing is known of the test " + to_printable(test_id) + ": ");
    return failed;
}

} // namespace

telnyx_source::telnyx_source(http_client& client, clock const& clock, std::string base_url, secret_source api_key)
    : client_(client), clock_(clock), base_url_(std::move(base_url)), api_key_(std::move(api_key)) {}

asio::awaitable<result<test_run>> telnyx_source::fetch(run_key key) {
    auto wanted = get(telnyx::run_url(base_url_, key));
    wanted.shorten_body = telnyx::make_logs_filter;
    auto const answered = co_await ask(std::move(wanted));
    auto seen =
        read(answered, [&](http_response const& response) { return telnyx::read_answer(response, key, api_time()); });
    if (!seen)
        co_return seen;
    learn_time(answered);
    correct(*seen, clock_skew());
    co_return seen;
}

asio::awaitable<result<run_page>> telnyx_source::list(run_list what, std::size_t page) {
    assert(page > 0);
    auto url = telnyx::list_url(base_url_, what, page);
    if (!url)
        co_return while_listing(what, url.error());
    auto wanted = get(*std::move(url));
    wanted.shorten_body = telnyx::make_list_filter;
    auto const answered = co_await ask(std::move(wanted));
    if (!is_success(answered.response)) {
        auto const failed = read(answered, [this](http_response const& response) -> result<run_page> {
            return telnyx::read_failure(response, telnyx::subject::runs, api_time());
        });
        co_return while_listing(what, failed.error());
    }
    telnyx::page_reader reader(answered.response->body, what);
    while (reader.read(bytes_at_once))
        co_await asio::post(asio::use_awaitable);
    auto seen = reader.take();
    // Of the page its failures quote nothing, so no key either.
    if (!seen)
        co_return while_listing(what, telnyx::explain(*answered.response, seen.error()));
    learn_time(answered);
    auto const skew = clock_skew();
    for (auto& each : seen->runs)
        correct(each.run, skew);
    seen->skew = skew;
    co_return seen;
}

asio::awaitable<result<std::vector<std::string>>> telnyx_source::list_suites() {
    auto const answered = co_await ask(get(telnyx::suites_url(base_url_)));
    auto names = read(
        answered, [this](http_response const& response) { return telnyx::read_suites_answer(response, api_time()); });
    if (!names)
        co_return while_listing_suites(names.error());
    learn_time(answered);
    co_return names;
}

asio::awaitable<result<test_description>> telnyx_source::describe(std::string test_id) {
    auto url = telnyx::test_url(base_url_, test_id);
    if (!url)
        co_return while_asking_about(test_id, url.error());
    auto wanted = get(*std::move(url));
    auto const answered = co_await ask(std::move(wanted));
    auto seen = read(answered, [&](http_response const& response) {
        return telnyx::read_test_answer(response, test_id, api_time());
    });
    if (!seen)
        co_return while_asking_about(test_id, seen.error());
    learn_time(answered);
    co_return seen;
}

asio::awaitable<result<started_runs>> telnyx_source::start(run_order order) {
    auto wanted = telnyx::trigger_request(base_url_, order);
    if (!wanted)
        co_return wanted.error();
    auto const answered = co_await ask(*std::move(wanted));
    auto started = read(answered, [&](http_response const& response) {
        return telnyx::read_trigger_answer(response, order, api_time());
    });
    if (!started)
        co_return started;
    // A flaw may quote the answer, and that the key.
    if (!started->flaw.empty())
        if (auto const shown =
                telnyx::read_trigger_answer(telnyx::without(answered.sent_key, *answered.response), order, api_time()))
            started->flaw = answered.sent_key.redact(shown->flaw);
    learn_time(answered);
    auto const skew = clock_skew();
    for (auto& each : started->runs)
        correct(each, skew);
    co_return started;
}

duration telnyx_source::clock_skew() const { return api_clock_.skew(clock_.now(), clock_.utc()); }

std::string telnyx_source::clock_warning() const {
    return api_clock_.is_sure() ? skew_warning(clock_skew()) : std::string{};
}

/// Sends a request with the key; once more if it was refused and there is another one by now.
asio::awaitable<telnyx_source::exchange> telnyx_source::ask(http_request wanted) {
    auto sent_key = api_key_.current();
    auto sent_at = clock_.now();
    auto request = with_key(wanted, sent_key);
    auto response = co_await client_.send(std::move(request));
    tell_rate(response);
    if (response && response->status == unauthorized && api_key_.renew(sent_key)) {
        sent_key = api_key_.current();
        sent_at = clock_.now();
        request = with_key(std::move(wanted), sent_key);
        response = co_await client_.send(std::move(request));
        tell_rate(response);
    }
    co_return exchange(std::move(response), std::move(sent_key), sent_at);
}

void telnyx_source::tell_rate(result<http_response> const& response) const {
    if (!tell_rate_ || !response)
        return;
    if (auto const note = telnyx::read_rate_limit(*response, api_time()))
        tell_rate_(*note);
}

/// What an answer says by its reader; a failure without the key, which an answer may quote.
template <class Reader>
auto telnyx_source::read(exchange const& answered, Reader const& reader) const
    -> decltype(reader(std::declval<http_response const&>())) {
    auto const& [response, sent_key, sent_at] = answered;
    decltype(reader(*response)) seen = response ? reader(*response) : response.error();
    if (seen)
        return seen;
    auto explained = seen.error();
    // A message holds the front of a text: the key must be gone before one is cut in the middle of it.
    if (response)
        if (auto const shown = reader(telnyx::without(sent_key, *response)); !shown)
            explained.message = shown.error().message;
    explained.message = sent_key.redact(std::move(explained.message));
    if (response && response->status == unauthorized && !api_key_.trouble().empty())
        explained.message += "; the old key is still in use, as " + api_key_.trouble();
    return explained;
}

/// Learns from the date of an answer. Only what tells of runs and tests is surely the API's own.
void telnyx_source::learn_time(exchange const& answered) {
    if (auto const date = telnyx::date_of(*answered.response, clock_.utc()))
        api_clock_.note(*date, answered.sent_at, clock_.now());
}

} // namespace runwatch
