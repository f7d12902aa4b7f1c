#pragma once

#include "runwatch/metrics.hpp"
#include "runwatch/run_source.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace runwatch {

/// A source whose requests are counted and timed.
class metered_api : public run_source {
public:
    /// Both must outlive this.
    metered_api(run_source& api, metrics& counts) : api_(api), metrics_(counts) {}

    boost::asio::awaitable<result<test_run>> fetch(run_key key) override {
        return metered(api_request::fetch, api_.fetch(std::move(key)));
    }

    boost::asio::awaitable<result<run_page>> list(run_list what, std::size_t page) override {
        return metered(api_request::list, api_.list(std::move(what), page));
    }

    boost::asio::awaitable<result<std::vector<std::string>>> list_suites() override {
        return metered(api_request::list_suites, api_.list_suites());
    }

    boost::asio::awaitable<result<test_description>> describe(std::string test_id) override {
        return metered(api_request::describe, api_.describe(std::move(test_id)));
    }

private:
    template <class T>
    boost::asio::awaitable<result<T>> metered(api_request what, boost::asio::awaitable<result<T>> request) {
        auto const sent = std::chrono::steady_clock::now();
        auto answer = co_await std::move(request);
        std::optional<failure_kind> failed;
        if (!answer)
            failed = answer.error().kind;
        metrics_.asked(what, failed, std::chrono::steady_clock::now() - sent);
        co_return answer;
    }

    run_source& api_;
    metrics& metrics_;
};

} // namespace runwatch
