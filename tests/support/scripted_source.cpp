#include "support/scripted_source.hpp"

#include <algorithm>

namespace asio = boost::asio;

namespace runwatch::support {

asio::awaitable<result<test_run>> scripted_source::fetch(run_key key) {
    looks_.push_back({key, clock_.now()});
    auto const count = counts_[key]++;
    co_await take_time();
    co_return answer_(key, count);
}

asio::awaitable<result<run_page>> scripted_source::list(run_list what, std::size_t page) {
    auto const count = readings_.size();
    readings_.push_back({what, page, clock_.now()});
    co_await take_time();
    if (!list_answer_)
        co_return failure(failure_kind::permanent, "no list here");
    co_return list_answer_(what, page, count);
}

asio::awaitable<result<std::vector<std::string>>> scripted_source::list_suites() {
    co_await take_time();
    co_return suites;
}

asio::awaitable<result<test_description>> scripted_source::describe(std::string test_id) {
    auto const count = questions_.size();
    questions_.push_back({test_id, clock_.now()});
    co_await take_time();
    if (!test_answer_)
        co_return failure(failure_kind::permanent, "no description here");
    co_return test_answer_(test_id, count);
}

asio::awaitable<void> scripted_source::take_time() {
    most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
    auto const alarm = clock_.make_alarm();
    co_await alarm->wait_until(clock_.now() + latency);
    --in_flight_;
}

std::size_t scripted_source::looks_at(run_key const& key) const {
    auto const found = counts_.find(key);
    return found == counts_.end() ? 0 : found->second;
}

run_page page_of(std::vector<test_run> runs) {
    run_page page;
    for (auto& each : runs)
        page.runs.emplace_back(std::move(each), true);
    return page;
}

test_run run_in(run_key const& key, std::string const& status) {
    test_run run;
    run.key = key;
    run.status = parse_status(status);
    run.status_text = status;
    return run;
}

} // namespace runwatch::support
