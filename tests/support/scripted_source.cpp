#include "support/scripted_source.hpp"

#include <algorithm>

namespace asio = boost::asio;

namespace runwatch::support {

asio::awaitable<result<test_run>> scripted_source::fetch(run_key key) {
    looks_.push_back({key, clock_.now()});
    auto const count = counts_[key]++;
    most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
    auto const alarm = clock_.make_alarm();
    co_await alarm->wait_until(clock_.now() + latency);
    --in_flight_;
    co_return answer_(key, count);
}

std::size_t scripted_source::looks_at(run_key const& key) const {
    auto const found = counts_.find(key);
    return found == counts_.end() ? 0 : found->second;
}

test_run run_in(run_key const& key, std::string const& status) {
    test_run run;
    run.key = key;
    run.status = parse_status(status);
    run.status_text = status;
    return run;
}

} // namespace runwatch::support
