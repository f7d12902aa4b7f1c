#include "app/control_server.hpp"

#include "runwatch/join.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// How long a client that is slow to take its answer may hold up the end.
constexpr duration longest_end{1'000};

control_rules rules_of(config const& config) {
    control_rules rules;
    rules.token = config.http.token;
    rules.quit = config.http.quit;
    rules.base_url = config.telnyx.base_url;
    for (auto const& sink : config.sinks)
        rules.sinks.push_back(sink.name);
    return rules;
}

} // namespace

control_server::control_server(asio::any_io_executor executor, clock& clock, store& store, log& log,
                               daemon_control daemon, std::vector<int> inherited)
    : executor_(executor),
      clock_(clock),
      log_(log),
      inherited_(std::move(inherited)),
      api_(clock, store, std::move(daemon), {}),
      server_(executor, {}, [this](incoming_request request) { return api_.answer(std::move(request)); }),
      end_(clock.make_alarm()) {
    server_.report_to([this](std::string const& trouble) {
        log_.warning("control API accepts no connections for a while", {{"error", trouble}});
    });
}

control_server::prepared control_server::prepare(config const& next) const {
    prepared ready;
    ready.where = next.http.listen;
    ready.rules = control_api::prepare(rules_of(next));
    if (!ready.where || ready.where == where_ || ready.where == bound_)
        return ready;
    // The old address must hold until all that is new is in force: nothing may be let go for a bind that may fail.
    if (bound_ && overlap(*ready.where, *bound_))
        throw config_error{"cannot listen on " + ready.where->text() + ": this runwatch listens on " + bound_->text() +
                           ", which is in the way: restart it, or choose another port"};
    ready.listener = std::make_unique<http_listener>(executor_, *ready.where, inherited_);
    return ready;
}

void control_server::adopt(prepared next) {
    api_.adopt(std::move(next.rules));
    where_ = std::move(next.where);
    if (next.listener) {
        bound_ = next.listener->address();
        warn_if_unused(next.listener->is_inherited());
        log_.info("control API is served", {{"address", bound_->text()}});
        server_.listen(std::move(next.listener));
    } else if (!where_ && bound_) {
        bound_.reset();
        log_.info("control API is served no more");
        server_.listen(nullptr);
        warn_if_unused(false);
    } else if (!where_) {
        warn_if_unused(false);
    }
}

/// Clients that connect there would wait for ever.
void control_server::warn_if_unused(bool used) const {
    if (!used && !inherited_.empty())
        log_.warning("systemd listens for the control API where http.listen of the config does not: give both the same "
                     "address, or disable the socket unit");
}

asio::awaitable<void> control_server::run() {
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(server_.run());
    loops.push_back(limit_end());
    co_await race(std::move(loops));
}

void control_server::close() {
    closed_ = true;
    server_.close();
    end_->ring();
}

asio::awaitable<void> control_server::limit_end() {
    while (!closed_)
        co_await end_->wait_until(instant::max());
    auto const end = clock_.now() + longest_end;
    while (clock_.now() < end)
        co_await end_->wait_until(end);
}

} // namespace runwatch
