#include "sinks/webhook_sink.hpp"

#include "runwatch/url.hpp"
#include "sinks/webhook_answer.hpp"
#include "sinks/webhook_signature.hpp"

#include <boost/asio/io_context.hpp>

#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// An answer is quoted by its first bytes at most.
constexpr std::size_t most_answer_bytes = std::size_t{64} * 1024;

http_options limited(http_options options) {
    options.max_body_bytes = most_answer_bytes;
    options.cut_long_bodies = true;
    return options;
}

/// The settings, if messages can be sent to their URL.
webhook_settings checked(webhook_settings settings) {
    if (auto const problem = url_problem(settings.url, settings.http.allow_http); !problem.empty())
        throw config_error{"the URL of the sink " + settings.name + " cannot be used: " + problem};
    return settings;
}

/// The URL as messages show it.
std::string shown_url(webhook_settings const& settings) {
    return is_chat(settings.format) ? url_origin(settings.url) + "/..." : redacted_url(settings.url);
}

} // namespace

void verify_webhook(option_map& options, problems& found) {
    problems reported_before;
    auto const settings = read_webhook_settings(options, reported_before);
    asio::io_context never_run;
    try {
        http_client const client{never_run.get_executor(), settings.http};
    } catch (config_error const& wrong) {
        found.error(options.place_of(options.has("ca_file") ? "ca_file" : "proxy"), wrong.what());
    }
}

webhook_sink::webhook_sink(asio::any_io_executor executor, webhook_settings settings, clock const& clock)
    : settings_(checked(std::move(settings))),
      clock_(clock),
      keys_(settings_.secrets),
      client_(std::move(executor), limited(settings_.http)) {}

std::size_t webhook_sink::concurrency() const { return settings_.http.connections; }

asio::awaitable<result<void>> webhook_sink::deliver(run_result given) {
    http_request request;
    try {
        request = to_request(given);
    } catch (config_error const& error) {
        co_return explain(failure_kind::transient, error.what());
    }
    auto const answer = co_await client_.send(std::move(request));
    co_return judge(answer);
}

asio::awaitable<result<std::string>> webhook_sink::reach() {
    auto const reached = co_await client_.reach(settings_.url);
    if (!reached)
        co_return explain(reached.error().kind, secrets().apply(reached.error().message));
    co_return url_origin(settings_.url);
}

http_request webhook_sink::to_request(run_result const& given) {
    auto message = to_message(given, settings_.format, settings_.logs);
    http_request request;
    request.method = "POST";
    request.url = settings_.url;
    request.headers = settings_.headers;
    request.headers.emplace_back("Content-Type", message.content_type);
    if (!is_chat(settings_.format)) {
        auto const id = result_id(given.key, given.ended);
        auto const now = std::chrono::floor<std::chrono::seconds>(clock_.utc());
        request.headers.emplace_back("webhook-id", id);
        request.headers.emplace_back("webhook-timestamp", std::to_string(now.time_since_epoch().count()));
        if (auto const keys = keys_.current(); !keys.empty())
            request.headers.emplace_back("webhook-signature", webhook_signature(keys, id, now, message.body));
    }
    request.body = std::move(message.body);
    // The receiver tells a result that comes twice by its id.
    request.idempotent = true;
    return request;
}

result<void> webhook_sink::judge(result<http_response> const& answer) const {
    if (!answer)
        return explain(failure_kind::transient, secrets().apply(answer.error().message));
    auto judged = judge_answer(*answer, secrets().apply(answer->body), clock_.utc());
    if (judged)
        return judged;
    auto refusal = explain(judged.error().kind, judged.error().message);
    refusal.retry_after = judged.error().retry_after;
    return refusal;
}

failure webhook_sink::explain(failure_kind kind, std::string const& what) const {
    auto const between = what.starts_with("answered") ? " " : ": ";
    return {kind, "sink " + settings_.name + ": " + shown_url(settings_) + between + what};
}

redaction webhook_sink::secrets() const {
    redaction all;
    for (auto const& text : keys_.texts())
        all.add(text.reveal(), "_");
    for (auto const& header : settings_.headers)
        all.add(header.value, " ,;");
    auto const& url = settings_.url;
    auto const path = url.find('/', url.find("://") + 3);
    auto const query = url.find('?');
    if (is_chat(settings_.format) && path != std::string::npos)
        all.add(std::string_view{url}.substr(path), "/?&=");
    if (query != std::string::npos)
        all.add(std::string_view{url}.substr(query + 1), "&=");
    return all;
}

} // namespace runwatch
