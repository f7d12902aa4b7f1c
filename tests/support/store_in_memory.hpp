#pragma once

#include "runwatch/store.hpp"
#include "support/run_coroutine.hpp"
#include "support/store_samples.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace runwatch::support {

using texts = std::vector<std::string>;

/// A store in memory with two sinks, `ops` and `file`.
class store_in_memory : public testing::Test {
protected:
    store_in_memory();
    ~store_in_memory() override;

    template <class T>
    T get(boost::asio::awaitable<T> call) {
        return run(io_, std::move(call));
    }

    /// Records results for these sinks.
    texts record(std::vector<run_result> results, texts sinks = {"ops"});

    /// The run ids of what a sink is owed and that is due at this time.
    texts due(std::string const& sink, timestamp now, std::size_t limit = 100, std::vector<std::int64_t> except = {});

    /// The id of a run's delivery to a sink; 0 if there is none.
    std::int64_t id_of(std::string const& run_id, std::string const& sink = "ops");

    /// The delivery with this id.
    listed_delivery listed(std::int64_t id);

    void settle(std::int64_t id, delivery_state state, timestamp at, timestamp due = {}, std::string error = {});

    boost::asio::io_context io_;
    store store_;
};

} // namespace runwatch::support
