#include "support/store_in_memory.hpp"

namespace runwatch::support {

store_in_memory::store_in_memory() : store_(io_.get_executor(), {.path = ":memory:"}) {
    get(store_.set_sinks({{"ops", "webhook"}, {"file", "file"}}, noon()));
}

store_in_memory::~store_in_memory() { EXPECT_TRUE(runs_empty(io_)); }

texts store_in_memory::record(std::vector<run_result> results, texts sinks) {
    return sinks_of(get(store_.record(found(std::move(results)), to_sinks(std::move(sinks)))));
}

texts store_in_memory::due(std::string const& sink, timestamp now, std::size_t limit,
                           std::vector<std::int64_t> except) {
    texts runs;
    for (auto const& delivery : get(store_.due(sink, now, limit, std::move(except))))
        runs.push_back(delivery.result.key.run_id);
    return runs;
}

std::int64_t store_in_memory::id_of(std::string const& run_id, std::string const& sink) {
    for (auto const& delivery : get(store_.deliveries({})))
        if (delivery.key.run_id == run_id && delivery.sink == sink)
            return delivery.id;
    return 0;
}

listed_delivery store_in_memory::listed(std::int64_t id) {
    delivery_filter filter;
    filter.ids = {id};
    auto const found = get(store_.deliveries(filter));
    return found.empty() ? listed_delivery{} : found.front();
}

void store_in_memory::settle(std::int64_t id, delivery_state state, timestamp at, timestamp due, std::string error) {
    settled_delivery settled;
    settled.id = id;
    settled.state = state;
    settled.at = at;
    settled.due = due;
    settled.error = std::move(error);
    get(store_.settle({settled}));
}

} // namespace runwatch::support
