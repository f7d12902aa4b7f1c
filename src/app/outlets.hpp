#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/delivery.hpp"
#include "runwatch/sink.hpp"
#include "runwatch/store.hpp"
#include "runwatch/task_group.hpp"
#include "sinks/registry.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runwatch {

/// The sinks of a config at work, each with the loop that delivers to it, while configs come and go. Loop thread only.
///
/// A sink whose options are the same in the next config goes on as if nothing had happened. One that is changed or
/// gone finishes what is under way; only then its successor of the same name begins, so that nothing is sent twice.
class outlets {
public:
    /// A sink that was made but is not at work yet, or one at work that is to stay.
    struct prepared {
        sink_settings settings;
        /// Variables of the environment that hold secrets of this config.
        std::vector<std::string> hidden_variables;
        /// Null for one that is to stay.
        std::unique_ptr<sink> made;
    };

    /// The clock, the store and what the observer refers to must outlive the outlets. The seed is that of
    /// delivery::options.
    outlets(boost::asio::any_io_executor executor, clock& clock, store& store, delivery::observer teller,
            std::uint64_t seed);

    /// Makes the sinks of a config that are not at work as they are. Changes nothing yet. Throws config_error.
    std::vector<prepared> prepare(config const& next) const;

    /// Puts prepared sinks to work, in place of those that are. The stopped ones are left alone until somebody says so.
    void adopt(std::vector<prepared> next, std::map<std::string, std::string> const& stopped);

    /// Delivers until closed or cancelled. Throws system_error(operation_aborted) when cancelled.
    boost::asio::awaitable<void> run() { return loops_.run(); }

    /// Says that sinks are owed something new, and brings the first of it for each.
    void offer(std::vector<owed_delivery> first_owed);

    /// Says that what sinks are owed may have become more, or due earlier.
    void wake_all();

    /// Tries every sink now, but those that asked for a pause: somebody may have mended what kept them from working.
    void probe_all();

    /// Takes up sinks again that are stopped no more.
    void resume_but(std::map<std::string, std::string> const& stopped);

    /// Has every sink open anew what it has open by name.
    void reopen();

    /// Begins nothing more: run() returns once what is under way has been settled.
    void close();

    /// Deliveries under way.
    std::size_t in_flight() const;

private:
    /// One sink at work.
    struct outlet {
        sink_settings settings;
        std::vector<std::string> hidden_variables;
        std::unique_ptr<sink> target;
        std::optional<delivery> loop;
        /// Rings when it may be its turn.
        std::unique_ptr<alarm> turn;
        bool closed = false;
    };

    using all = std::list<outlet>;

    boost::asio::awaitable<void> serve(all::iterator mine);
    bool is_first_of_its_name(outlet const& mine) const;
    outlet const* find(prepared const& wanted) const;
    void start(prepared ready, bool stopped);
    static void close(outlet& which);

    boost::asio::any_io_executor executor_;
    clock& clock_;
    store& store_;
    delivery::observer observer_;
    std::uint64_t seed_;
    /// In the order in which they were put to work; those that are closed are on their way out.
    all all_;
    task_group loops_;
};

/// A config's sinks, as the store knows them.
std::vector<sink_identity> identities_of(config const& config);

/// Decides which of a config's sinks get a result: those that its watch names, or all, as far as they want it; and of
/// those that its watch names also the ones that have left the config.
store::router route_by(std::vector<sink_settings> const& sinks);

} // namespace runwatch
