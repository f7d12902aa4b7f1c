#include "support/store_samples.hpp"

#include "runwatch/run_json.hpp"

#include <utility>

namespace runwatch::support {

timestamp noon(int seconds) {
    auto const day = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
    return timestamp{day} + std::chrono::hours{12} + std::chrono::seconds{seconds};
}

run_result sample_result(run_key const& key, outcome ended, int seconds) {
    run_result result;
    result.ended = ended;
    result.key = key;
    result.first_seen_at = noon(seconds - 60);
    result.detected_at = noon(seconds);
    result.polls = 7;
    result.run = read_run(key, R"({"run_id":")" + key.run_id + R"(","test_id":")" + key.test_id + R"(","status":")" +
                                   std::string{to_string(ended)} +
                                   R"(","created_at":"2026-11-23T11:58:00Z","detail_status":[{"name":"Empathy",)" +
                                   R"("status":"passed"}],"logs":"a line","price":1.10})");
    return result;
}

watch_record sample_watch(run_key const& key) {
    watch_record watch;
    watch.key = key;
    watch.first_seen_at = noon();
    return watch;
}

store::router to_sinks(std::vector<std::string> sinks) {
    return [sinks = std::move(sinks)](run_result const&, watch_record const&) { return sinks; };
}

store::router held_call::router(std::vector<std::string> sinks) {
    return [sinks = std::move(sinks), go = go_.get_future().share()](run_result const&, watch_record const&) {
        go.wait();
        return sinks;
    };
}

std::vector<std::string> sinks_of(std::vector<owed_delivery> const& owed) {
    std::vector<std::string> sinks;
    for (auto const& delivery : owed)
        sinks.push_back(delivery.sink);
    return sinks;
}

findings found(std::vector<run_result> results) {
    findings all;
    all.results = std::move(results);
    return all;
}

} // namespace runwatch::support
