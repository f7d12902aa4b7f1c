#include "app/api.hpp"

#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

http_options options_for(telnyx_settings const& settings, std::string const& user_agent) {
    auto options = client_options(settings);
    options.user_agent = user_agent;
    return options;
}

} // namespace

telnyx_api::telnyx_api(asio::any_io_executor executor, clock const& clock, telnyx_settings const& settings,
                       std::string const& user_agent)
    : client_(std::move(executor), options_for(settings, user_agent)),
      source_(client_, clock, settings.base_url, settings.api_key) {}

asio::awaitable<result<test_run>> current_api::fetch(run_key key) {
    auto const held = api_;
    co_return co_await held->fetch(std::move(key));
}

asio::awaitable<result<run_page>> current_api::list(run_list what, std::size_t page) {
    auto const held = api_;
    co_return co_await held->list(std::move(what), page);
}

asio::awaitable<result<std::vector<std::string>>> current_api::list_suites() {
    auto const held = api_;
    co_return co_await held->list_suites();
}

asio::awaitable<result<test_description>> current_api::describe(std::string test_id) {
    auto const held = api_;
    co_return co_await held->describe(std::move(test_id));
}

} // namespace runwatch
