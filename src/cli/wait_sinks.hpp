#pragma once

#include "app/outlets.hpp"
#include "app/recorder.hpp"
#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace runwatch::cli {

/// Brings the results of a wait to sinks of a config as a daemon would, but from memory: what is not delivered when the
/// wait ends is not delivered at all.
class wait_sinks {
public:
    /// Tells people what there is to tell, a line each.
    using teller = std::function<void(std::string const&)>;

    /// Delivers to the config's sinks of these names. The clock must outlive this. Throws config_error.
    wait_sinks(boost::asio::any_io_executor executor, clock& clock, config const& from,
               std::vector<std::string> const& names);

    void set_teller(teller tell) { tell_ = std::move(tell); }

    /// Takes a result to deliver.
    void add(run_result result);

    /// Delivers until cancelled.
    boost::asio::awaitable<void> run();

    /// Returns once nothing is owed any more to any sink: all is taken or given up.
    boost::asio::awaitable<void> finish();

    /// By the name of each sink that has not taken everything: how much it has not, and why.
    boost::asio::awaitable<std::map<std::string, std::string>> shortfalls();

private:
    void note(delivery_event const& event);
    void tell_of_failure(delivery_event const& event);

    clock& clock_;
    config config_;
    teller tell_;
    store store_;
    outlets outlets_;
    recorder recorder_;
    std::unique_ptr<alarm> settled_;
    /// The last failure of each sink that has failed and not worked since.
    std::map<std::string, std::string> failures_;
    /// Sinks that want nothing more.
    std::set<std::string> stopped_;
};

/// The names of sinks that a config does not have, in words, with the nearest that it has; empty if it has them all.
std::string describe_unknown_sinks(config const& from, std::vector<std::string> const& names);

} // namespace runwatch::cli
