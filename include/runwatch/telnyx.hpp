#pragma once

#include "runwatch/api_clock.hpp"
#include "runwatch/api_key.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/rate_limit.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/run_starter.hpp"
#include "runwatch/secret.hpp"
#include "runwatch/secret_source.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch {

/// The public API, the base URL unless another is given.
inline constexpr std::string_view telnyx_public_api = "https://api.telnyx.com/v2";

/// Checks a base URL and returns it in its plain form, without a slash at its end. Throws config_error unless it is an
/// http:// or https:// URL with a host and without userinfo, query and fragment.
std::string plain_base_url(std::string_view url);

/// Asks the API for as little as a good key can have, one test of a list. Succeeds if the key works.
///
/// Fails as refused when the API refuses the key, or we its certificate; else as http_client::send() and by what the
/// answer says, and then the key may be good or bad. The base URL is in its plain form; `now` is the time of day.
boost::asio::awaitable<result<void>> try_api_key(http_client& client, std::string base_url, secret api_key,
                                                 timestamp now);

/// Reads what names a run: `TEST_ID/RUN_ID`, or the run's URL under the base URL (the key goes nowhere else).
/// Fails as permanent, with a message that quotes the text and says what is wrong.
result<run_key> parse_ref(std::string_view text, std::string_view base_url);

/// Reads what names a test to start: its TEST_ID. Fails as parse_ref() does.
result<run_order> parse_test(std::string_view text);

/// Reads what names a suite to start: its name, whatever that is. Fails as parse_ref() does.
result<run_order> parse_suite(std::string_view text);

/// Looks at runs, and starts them, through the Telnyx API. Source: api.telnyx.com's public description, operations
/// retrieve_run, list_runs, list_suite_runs, list_test_suites, retrieve_test, trigger_run and trigger_suite_run.
///
/// The times of a run that it brings are by our clock: the skew of the API's is taken out of them, though not of the
/// run's text. Of an answer about one run that is over http_options::max_body_bytes its `logs` are cut. Loop thread
/// only.
class telnyx_source : public run_source, public run_starter {
public:
    /// The client and the clock must outlive the source; the base URL is in its plain form. The key is read at once,
    /// and again when its source has changed and when the API refuses it: with another key the request is then sent
    /// once more. Throws config_error if there is none.
    telnyx_source(http_client& client, clock const& clock, std::string base_url, secret_source api_key);

    boost::asio::awaitable<result<test_run>> fetch(run_key key) override;

    /// Of a page over http_options::max_body_bytes long `logs` are left out, so that its runs are shown in part; if
    /// that is not enough, it is a transient failure: its runs can still be fetched one by one. A long page is read in
    /// pieces, between which the loop does other work.
    boost::asio::awaitable<result<run_page>> list(run_list what, std::size_t page) override;

    boost::asio::awaitable<result<std::vector<std::string>>> list_suites() override;

    boost::asio::awaitable<result<test_description>> describe(std::string test_id) override;

    boost::asio::awaitable<result<started_runs>> start(run_order order) override;

    /// Tells what each answer says of the rate limit, whatever its status; nothing of those that say nothing of it. The
    /// listener is called within the loop, before the answer is looked at any further.
    void set_rate_listener(std::function<void(rate_limit_note const&)> listener) { tell_rate_ = std::move(listener); }

    /// How far the API's clock is ahead of ours now, as far as is known.
    duration clock_skew() const;

    /// What to tell people of that skew; empty unless it is over a minute and several answers agree on it.
    std::string clock_warning() const;

private:
    /// What a request brought, and what it was sent with.
    struct exchange {
        exchange() = default;

        exchange(result<http_response> response_, secret sent_key_, instant sent_at_)
            : response(std::move(response_)), sent_key(std::move(sent_key_)), sent_at(sent_at_) {}

        result<http_response> response;
        secret sent_key;
        instant sent_at;
    };

    boost::asio::awaitable<exchange> ask(http_request wanted);
    void tell_rate(result<http_response> const& response) const;

    timestamp api_time() const { return clock_.utc() + clock_skew(); }

    template <class Reader>
    auto read(exchange const& answered, Reader const& reader) const
        -> decltype(reader(std::declval<http_response const&>()));
    void learn_time(exchange const& answered);

    http_client& client_;
    clock const& clock_;
    std::string base_url_;
    api_key api_key_;
    api_clock api_clock_;
    std::function<void(rate_limit_note const&)> tell_rate_;
};

} // namespace runwatch
