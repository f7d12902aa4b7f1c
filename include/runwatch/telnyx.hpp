#pragma once

#include "runwatch/api_clock.hpp"
#include "runwatch/api_key.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/secret.hpp"
#include "runwatch/secret_source.hpp"

#include <string>
#include <string_view>

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

/// Looks at runs through the Telnyx API. Source: api.telnyx.com's public description, operation retrieve_run.
///
/// The times of a run that it brings are by our clock: the skew of the API's is taken out of them, though not of the
/// run's text. Of an answer that is over http_options::max_body_bytes the run's `logs` are cut. Loop thread only.
class telnyx_source : public run_source {
public:
    /// The client and the clock must outlive the source; the base URL is in its plain form. The key is read at once,
    /// and again when its source has changed and when the API refuses it: with another key the request is then sent
    /// once more. Throws config_error if there is none.
    telnyx_source(http_client& client, clock const& clock, std::string base_url, secret_source api_key);

    boost::asio::awaitable<result<test_run>> fetch(run_key key) override;

    /// How far the API's clock is ahead of ours now, as far as is known.
    duration clock_skew() const;

    /// What to tell people of that skew; empty unless it is over a minute and several answers agree on it.
    std::string clock_warning() const;

private:
    http_request request_for(run_key const& key, secret const& api_key) const;
    result<test_run> read(result<http_response> const& response, run_key const& key, secret const& sent_key);

    http_client& client_;
    clock const& clock_;
    std::string base_url_;
    api_key api_key_;
    api_clock api_clock_;
};

} // namespace runwatch
