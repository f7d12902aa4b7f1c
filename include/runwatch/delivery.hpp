#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/settle.hpp"
#include "runwatch/sink.hpp"
#include "runwatch/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace runwatch {

/// What there is to tell of a delivery loop.
struct delivery_event {
    enum class kind {
        /// A delivery was taken.
        delivered,
        /// An attempt failed; the delivery is due again.
        failed,
        /// A delivery was given up.
        given_up,
        /// The sink must not be sent anything any more.
        stopped,
        /// The state could not be written or read; tried again.
        state_failed,
    };

    kind what = kind::delivered;
    std::string sink;
    run_key key;
    unsigned attempt = 0;
    /// Until the next attempt, for failed and state_failed.
    duration wait{0};
    /// Empty for delivered.
    std::string error;
};

/// Brings one sink everything that the store says it is owed, at least once each, in the order of detection as far as
/// retries allow.
///
/// As long as the sink works, up to `concurrency` deliveries are under way. When it fails, one at a time probes it, by
/// the retry policy; when it works again after having failed more than once, everything that waits is due at once. What
/// it asks for in pauses holds for all. Loop thread only.
class delivery {
public:
    struct options {
        std::string sink;
        retry_policy retries;
        std::size_t concurrency = 1;
        /// The store has it that the sink is stopped.
        bool stopped = false;
        /// Makes the jitter of this process unlike that of others; 0 for none.
        std::uint64_t seed = 0;
    };

    using observer = std::function<void(delivery_event const&)>;

    /// The clock, the store, the sink and what the observer refers to must outlive the loop.
    delivery(clock& clock, store& store, sink& sink, options settings, observer teller);

    /// Delivers until closed or cancelled: first finds out what the sink already has, then takes what is due. Throws
    /// system_error(operation_aborted) when cancelled; a failing store is reported and tried again.
    boost::asio::awaitable<void> run();

    /// Says that the sink is owed something new, or that what it is owed is due earlier.
    void wake();

    /// As wake(), and brings what was recorded first of what is new: it is sent without asking the store again if the
    /// loop knows that nothing else is due.
    void offer(owed_delivery recorded);

    /// Takes up again a sink that was stopped.
    void resume();

    /// Somebody may have mended the sink, or wants it to be tried: where it fails, probes it now, whatever is due,
    /// unless it asked for a pause.
    void probe();

    /// The sink wants nothing more until resume().
    bool is_stopped() const { return options_.stopped; }

    /// Begins nothing more: run() returns once what is under way has been settled.
    void close();

    /// Deliveries under way.
    std::size_t in_flight() const { return in_flight_.size(); }

private:
    boost::asio::awaitable<void> recover();
    boost::asio::awaitable<void> work(std::size_t index);
    boost::asio::awaitable<std::optional<owed_delivery>> next(alarm& alarm);
    boost::asio::awaitable<void> look();
    boost::asio::awaitable<void> write_down(alarm& alarm, owed_delivery attempted, settlement settled);
    bool may_start() const;
    bool knows_nothing_is_due() const;
    void note(owed_delivery const& attempted, settlement const& settled, unsigned failures_before);
    bool is_its_own_fault(owed_delivery const& attempted);
    bool is_paused() const;
    instant state_trouble(std::string const& error);
    void tell(delivery_event::kind what, owed_delivery const& about, settlement const& settled) const;
    double jitter();

    clock& clock_;
    store& store_;
    sink& sink_;
    options options_;
    observer observer_;
    std::vector<std::unique_ptr<alarm>> alarms_;
    /// The ids of what is under way.
    std::vector<std::int64_t> in_flight_;
    /// Failures of the sink in a row; what failed together counts once.
    unsigned failures_ = 0;
    /// Failures of the store in a row, likewise.
    unsigned state_failures_ = 0;
    instant state_retry_ = instant::min();
    /// While the sink fails: nothing is sent before, as a probe is not due.
    instant not_before_ = instant::min();
    /// Nothing is sent before, as the sink asked for a pause: no success of another delivery shortens it.
    instant paused_until_ = instant::min();
    /// Deliveries that the sink took since the start.
    std::uint64_t successes_ = 0;
    /// By the id of a delivery that failed: how many the sink had taken by then.
    std::unordered_map<std::int64_t, std::uint64_t> failed_at_;
    /// What the last look at the store brought, or what was offered since.
    std::vector<owed_delivery> found_;
    /// When something will be due, if the last look brought nothing.
    instant next_look_ = instant::max();
    /// As wakes_ was before the last look that brought nothing: while it stays so, nothing is due before next_look_.
    std::optional<std::uint64_t> nothing_due_since_;
    /// A worker is asking the store; two would be given the same.
    bool looking_ = false;
    /// Counts wake(), so that one that comes during a look is not lost.
    std::uint64_t wakes_ = 0;
    bool closed_ = false;
    /// What waits is to be made due, see probe().
    bool hurried_ = false;
    std::uint64_t drawn_ = 0;
};

} // namespace runwatch
