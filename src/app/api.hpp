#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/config.hpp"
#include "runwatch/http_client.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/telnyx.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace runwatch {

/// The Telnyx API as one config's `telnyx:` says it is reached.
class telnyx_api : public run_source {
public:
    /// Throws config_error when something that the settings name cannot be used any more.
    telnyx_api(boost::asio::any_io_executor executor, clock const& clock, telnyx_settings const& settings,
               std::string const& user_agent);

    boost::asio::awaitable<result<test_run>> fetch(run_key key) override { return source_.fetch(std::move(key)); }

    boost::asio::awaitable<result<run_page>> list(run_list what, std::size_t page) override {
        return source_.list(std::move(what), page);
    }

    boost::asio::awaitable<result<std::vector<std::string>>> list_suites() override { return source_.list_suites(); }

    boost::asio::awaitable<result<test_description>> describe(std::string test_id) override {
        return source_.describe(std::move(test_id));
    }

    /// See telnyx_source::set_rate_listener().
    void set_rate_listener(std::function<void(rate_limit_note const&)> listener) {
        source_.set_rate_listener(std::move(listener));
    }

    /// See telnyx_source::clock_warning().
    std::string clock_warning() const { return source_.clock_warning(); }

private:
    http_client client_;
    telnyx_source source_;
};

/// A source behind which the API changes when a config does.
class current_api : public run_source {
public:
    explicit current_api(std::unique_ptr<telnyx_api> first) : api_(std::move(first)) {}

    boost::asio::awaitable<result<test_run>> fetch(run_key key) override;
    boost::asio::awaitable<result<run_page>> list(run_list what, std::size_t page) override;
    boost::asio::awaitable<result<std::vector<std::string>>> list_suites() override;
    boost::asio::awaitable<result<test_description>> describe(std::string test_id) override;

    std::string clock_warning() const { return api_->clock_warning(); }

    /// Every look from now on goes to another; those under way end where they began.
    void replace(std::unique_ptr<telnyx_api> next) { api_ = std::move(next); }

private:
    /// Shared with the looks under way: the last of them ends the connections of one that was replaced.
    std::shared_ptr<telnyx_api> api_;
};

} // namespace runwatch
