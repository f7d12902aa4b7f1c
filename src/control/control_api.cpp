#include "runwatch/control_api.hpp"

#include "control/answers.hpp"
#include "control/endpoints.hpp"
#include "control/guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {

control_api::control_api(clock& clock, store& store, daemon_control daemon, control_rules rules)
    : endpoints_(std::make_unique<endpoints>(clock, store, std::move(daemon), std::move(rules))) {}

control_api::~control_api() = default;

void control_api::forget::operator()(checked_rules* rules) const noexcept {
    std::unique_ptr<checked_rules> const owner{rules};
}

control_api::prepared control_api::prepare(control_rules rules) {
    return prepared{std::make_unique<checked_rules>(std::move(rules)).release()};
}

void control_api::adopt(prepared next) { endpoints_->adopt(std::move(next)); }

asio::awaitable<server_answer> control_api::answer(incoming_request request) {
    return endpoints_->answer(std::move(request));
}

void control_api::recorded() { endpoints_->recorded(); }

control_api::endpoints::endpoints(clock& clock, store& store, daemon_control daemon, control_rules rules)
    : clock_(clock),
      store_(store),
      daemon_(std::move(daemon)),
      rules_(prepare(std::move(rules))),
      feed_(clock, store) {}

std::span<control_api::endpoints::endpoint const> control_api::endpoints::table() {
    static constexpr std::array all{
        endpoint{{"GET", "/v1/status"}, &endpoints::show_status},
        endpoint{{"GET", "/v1/watches"}, &endpoints::list_watches},
        endpoint{{"POST", "/v1/watches"}, &endpoints::add_watches},
        endpoint{{"GET", "/v1/watches/{test_id}/{run_id}"}, &endpoints::show_watch},
        endpoint{{"DELETE", "/v1/watches/{test_id}/{run_id}"}, &endpoints::remove_watch},
        endpoint{{"GET", "/v1/results"}, &endpoints::list_results},
        endpoint{{"GET", "/v1/results/{id}"}, &endpoints::show_result},
        endpoint{{"GET", "/v1/deliveries"}, &endpoints::list_deliveries},
        endpoint{{"POST", "/v1/deliveries/retry"}, &endpoints::retry_deliveries},
        endpoint{{"POST", "/v1/deliveries/drop"}, &endpoints::drop_deliveries},
        endpoint{{"GET", "/v1/runs/{test_id}/{run_id}"}, &endpoints::show_run},
        endpoint{{"POST", "/v1/reload"}, &endpoints::reload},
        endpoint{{"GET", "/v1/events"}, &endpoints::stream_events},
        endpoint{{"GET", "/healthz"}, &endpoints::show_health, true},
        endpoint{{"GET", "/readyz"}, &endpoints::show_readiness, true},
        endpoint{{"POST", "/quit"}, &endpoints::quit},
    };
    return all;
}

/// Lets a request pass that may ask, or throws a refusal.
void control_api::endpoints::check(incoming_request const& request) {
    auto shown = control::token_shown::not_needed;
    if (rules_->token) {
        auto const given = control::bearer_token(request);
        auto const is_right = !given.empty() && rules_->token->matches(given);
        shown = is_right        ? control::token_shown::right
                : given.empty() ? control::token_shown::missing
                                : control::token_shown::wrong;
    }
    control::check_access(request, shown);
}

asio::awaitable<server_answer> control_api::endpoints::answer(incoming_request request) {
    static auto const routes = [] {
        std::vector<control::route> all;
        for (auto const& each : table())
            all.push_back(each.at);
        return all;
    }();
    http_response problem;
    try {
        auto const is_open = [&request](endpoint const& each) {
            return each.is_open && each.at.path == request.path();
        };
        if (std::ranges::none_of(table(), is_open))
            check(request);
        auto found = control::find_route(routes, request.method, request.path());
        auto const chosen = table()[found.index].answer;
        call asked;
        asked.request = std::move(request);
        asked.parts = std::move(found.parts);
        asked.base_url = rules_->rules.base_url;
        asked.sinks = rules_->rules.sinks;
        asked.may_quit = rules_->rules.quit;
        co_return co_await (this->*chosen)(std::move(asked));
    } catch (control::refusal const& refused) {
        problem = control::error_answer(refused.status, refused.what(), refused.headers);
    } catch (state_error const& error) {
        problem = control::error_answer(503, std::string{error.what()} + "; try again later");
    }
    co_return server_answer{std::move(problem)};
}

} // namespace runwatch
