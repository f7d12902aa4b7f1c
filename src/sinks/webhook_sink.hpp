#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/limit_logs.hpp"
#include "runwatch/options.hpp"
#include "runwatch/problems.hpp"
#include "runwatch/secret_source.hpp"
#include "runwatch/sink.hpp"
#include "sinks/redaction.hpp"
#include "sinks/signing_keys.hpp"
#include "sinks/webhook_message.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <string>
#include <vector>

namespace runwatch {

struct webhook_settings {
    /// The sink's name, for messages.
    std::string name;
    std::string url;
    webhook_format format = webhook_format::standard;
    log_limit logs = log_limit::truncate;
    /// All of them sign; with none the messages are unsigned. Not for chats.
    std::vector<secret_source> secrets;
    /// Sent besides our own, which win.
    std::vector<http_header> headers;
    /// `connections` is how many deliveries may be under way at once. Limits of the answer are the sink's own.
    http_options http;

    webhook_settings() {
        http.timeout = std::chrono::seconds{20};
        http.connections = 4;
    }
};

/// Reads all but the name.
webhook_settings read_webhook_settings(option_map& options, problems& found);

/// Reports a CA file that holds no certificate.
void verify_webhook(option_map& options, problems& found);

/// Posts each result to a URL.
///
/// The answer counts by its status, as judge_answer() says. Whatever keeps a message from being sent at all, a refused
/// certificate included, fails as transient. Messages show the URL without its query, and of a chat's only the host;
/// what an answer quotes of the secrets is taken out.
class webhook_sink : public sink {
public:
    /// Throws config_error when the URL, a secret, the CA file or the proxy cannot be used.
    webhook_sink(boost::asio::any_io_executor executor, webhook_settings settings, clock const& clock);

    boost::asio::awaitable<result<void>> deliver(run_result given) override;
    boost::asio::awaitable<result<std::string>> reach() override;
    std::size_t concurrency() const override;

private:
    http_request to_request(run_result const& given);
    result<void> judge(result<http_response> const& answer) const;
    failure explain(failure_kind kind, std::string const& what) const;
    redaction secrets() const;

    webhook_settings settings_;
    clock const& clock_;
    signing_keys keys_;
    http_client client_;
};

} // namespace runwatch
