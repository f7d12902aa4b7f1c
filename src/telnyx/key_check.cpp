#include "runwatch/telnyx.hpp"
#include "telnyx/answer.hpp"
#include "telnyx/urls.hpp"

#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

http_request request_with(secret const& api_key, std::string const& base_url) {
    http_request request;
    request.url = telnyx::one_test_url(base_url);
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("Authorization", "Bearer " + api_key.reveal());
    return request;
}

} // namespace

asio::awaitable<result<void>> try_api_key(http_client& client, std::string base_url, secret api_key, timestamp now) {
    auto request = request_with(api_key, base_url);
    auto response = co_await client.send(std::move(request));
    if (!response)
        co_return response.error();
    co_return telnyx::read_list_answer(telnyx::without(api_key, *std::move(response)), now);
}

} // namespace runwatch
