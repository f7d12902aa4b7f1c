#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/control_api.hpp"
#include "runwatch/http_server.hpp"
#include "runwatch/log.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace runwatch {

/// The control API where a config says that it is served, while configs come and go; nowhere if one does not say. Loop
/// thread only.
class control_server {
public:
    /// What a config says of it, read and bound.
    struct prepared {
        std::optional<listen_address> where;
        /// Null to stay where it is, or to be nowhere.
        std::unique_ptr<http_listener> listener;
        control_api::prepared rules;
    };

    /// The clock, the store, the log and what the daemon's functions refer to must outlive the server.
    /// Of inherited descriptors, which stay open, those are used that listen where a config wants it.
    control_server(boost::asio::any_io_executor executor, clock& clock, store& store, log& log, daemon_control daemon,
                   std::vector<int> inherited);

    /// Binds the address, unless it is served already, and reads the token. Changes nothing yet. Throws config_error,
    /// also for an address that overlaps with the one that is served.
    prepared prepare(config const& next) const;

    /// Serves there from now on. Connections that are open stay.
    void adopt(prepared next);

    /// Serves until closed; then clients have a moment to take their answers. Throws system_error(operation_aborted)
    /// when cancelled.
    boost::asio::awaitable<void> run();

    void close();

    /// It is served somewhere.
    bool is_on() const { return where_.has_value(); }

    /// Results are on the disk.
    void recorded() { api_.recorded(); }

private:
    boost::asio::awaitable<void> limit_end();
    void warn_if_unused(bool used) const;

    boost::asio::any_io_executor executor_;
    clock& clock_;
    log& log_;
    std::vector<int> inherited_;
    control_api api_;
    http_server server_;
    /// As the config has it, with the port 0 for any.
    std::optional<listen_address> where_;
    /// The same with the port that the system picked.
    std::optional<listen_address> bound_;
    std::unique_ptr<alarm> end_;
    bool closed_ = false;
};

} // namespace runwatch
