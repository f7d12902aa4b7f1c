#include "cli/probe.hpp"

#include "cli/run_to_end.hpp"
#include "cli/version.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/join.hpp"
#include "runwatch/telnyx.hpp"
#include "sinks/registry.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <list>
#include <memory>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::cli {
namespace {

asio::awaitable<void> probe_api(http_client& client, std::string base_url, secret api_key, timestamp now,
                                probe& outcome) {
    auto const answer = co_await try_api_key(client, base_url, std::move(api_key), now);
    if (answer)
        outcome.success = "the API key works: " + base_url + " takes it";
    else
        outcome.failed = answer.error();
}

asio::awaitable<void> probe_sink(sink& probed, std::string name, probe& outcome) {
    auto const reached = co_await probed.reach();
    if (!reached)
        outcome.failed = reached.error();
    else if (!reached->empty())
        outcome.success = "sink " + name + ": " + *reached + " can be reached";
}

/// What is probed, with what it takes, on one loop.
class probes {
public:
    explicit probes(option_node const& whole) : whole_(whole) {}

    void add_api(telnyx_settings const& settings) {
        auto options = client_options(settings);
        options.user_agent = user_agent();
        client_ = std::make_unique<http_client>(loop_.get_executor(), std::move(options));
        auto source = settings.api_key;
        auto key = source.read();
        auto& outcome = outcomes_.emplace_back();
        outcome.place = place_of(whole_, {"telnyx"});
        outcome.is_api = true;
        loops_.push_back(probe_api(*client_, settings.base_url, std::move(key), clock_.utc(), outcome));
    }

    void add_sink(sink_settings const& settings) {
        sink_surroundings const around{loop_.get_executor(), clock_, named_variables(whole_)};
        sinks_.push_back(make_sink(settings.name, settings.type, settings.options, around));
        auto& outcome = outcomes_.emplace_back();
        outcome.place = settings.options.place;
        loops_.push_back(probe_sink(*sinks_.back(), settings.name, outcome));
    }

    std::vector<probe> run() {
        run_to_end(loop_, join(std::move(loops_)));
        return {outcomes_.begin(), outcomes_.end()};
    }

private:
    option_node const& whole_;
    asio::io_context loop_{1};
    system_clock clock_{loop_.get_executor()};
    std::unique_ptr<http_client> client_;
    std::vector<std::unique_ptr<sink>> sinks_;
    std::list<probe> outcomes_;
    std::vector<asio::awaitable<void>> loops_;
};

/// Whoever looked at what the config needs of this machine has seen why something cannot be made.
template <class Add>
void unless_impossible(Add const& add) {
    try {
        add();
    } catch (config_error const&) {
    }
}

} // namespace

std::vector<probe> probe_all(config const& checked, option_node const& whole) {
    probes all{whole};
    unless_impossible([&] { all.add_api(checked.telnyx); });
    for (auto const& sink : checked.sinks)
        unless_impossible([&] { all.add_sink(sink); });
    return all.run();
}

} // namespace runwatch::cli
