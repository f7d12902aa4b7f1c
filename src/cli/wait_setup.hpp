#pragma once

#include "cli/exit_status.hpp"
#include "cli/hand_over.hpp"
#include "cli/wait_options.hpp"
#include "cli/wait_reach.hpp"
#include "cli/wait_sinks.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/run.hpp"
#include "runwatch/run_starter.hpp"
#include "runwatch/telnyx.hpp"
#include "runwatch/time.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::cli {

/// What the help of `wait` and `run` says of their exit status.
extern std::string_view const exit_status_help;

/// What a command waits for.
struct wait_subject {
    /// Runs that are there already.
    std::vector<run_key> runs;
    /// What is to be started first.
    std::vector<run_order> orders;
    /// Nothing is waited for but that it is started.
    bool detached = false;
};

/// Everything on our side that a wait needs, whatever it waits for: to make it is to find out what of it is wrong,
/// before anything is sent.
class wait_setup {
public:
    /// `started` is when the command began. Throws usage_error, config_error and hand_over_error.
    wait_setup(wait_options options, instant started);

    wait_setup(wait_setup const&) = delete;
    wait_setup& operator=(wait_setup const&) = delete;

    /// In its plain form.
    std::string const& base_url() const { return reach_.base_url; }

    instant deadline() const;

    /// Waits, prints the results and returns the exit status. Once only.
    exit_status wait_for(wait_subject subject);

private:
    config const* from() const { return from_ ? &*from_ : nullptr; }

    wait_options options_;
    instant started_;
    std::optional<config> from_;
    wait_reach reach_;
    boost::asio::io_context loop_{1};
    system_clock clock_{loop_.get_executor()};
    std::unique_ptr<wait_sinks> sinks_;
    http_client client_;
    std::unique_ptr<hand_over> heir_;
};

} // namespace runwatch::cli
