#include "runwatch/control_api.hpp"

#include "control/answers.hpp"
#include "control/endpoints.hpp"
#include "control/guard.hpp"
#include "control/routes.hpp"
#include "control/token.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// What there is to be asked. Whoever adds a row describes it in docs/control-api.openapi.yaml.
struct endpoint {
    control::route at;
    control::answering (*answer)(control::surroundings&, control::call);
    /// Anybody may ask: it tells nothing.
    bool is_open = false;
};

constexpr std::array endpoints{
    endpoint{{"GET", "/v1/status"}, control::show_status},
    endpoint{{"GET", "/v1/watches"}, control::list_watches},
    endpoint{{"POST", "/v1/watches"}, control::add_watches},
    endpoint{{"GET", "/v1/watches/{test_id}/{run_id}"}, control::show_watch},
    endpoint{{"DELETE", "/v1/watches/{test_id}/{run_id}"}, control::remove_watch},
    endpoint{{"GET", "/v1/results"}, control::list_results},
    endpoint{{"GET", "/v1/results/{id}"}, control::show_result},
    endpoint{{"GET", "/v1/deliveries"}, control::list_deliveries},
    endpoint{{"POST", "/v1/deliveries/retry"}, control::retry_deliveries},
    endpoint{{"POST", "/v1/deliveries/drop"}, control::drop_deliveries},
    endpoint{{"GET", "/v1/runs/{test_id}/{run_id}"}, control::show_run},
    endpoint{{"POST", "/v1/reload"}, control::reload},
    endpoint{{"GET", "/v1/events"}, control::stream_events},
    endpoint{{"GET", "/healthz"}, control::show_health, true},
    endpoint{{"GET", "/readyz"}, control::show_readiness, true},
    endpoint{{"GET", "/metrics"}, control::show_metrics},
    endpoint{{"POST", "/quit"}, control::quit},
};

std::array<control::route, endpoints.size()> routes() {
    std::array<control::route, endpoints.size()> all;
    std::ranges::transform(endpoints, all.begin(), &endpoint::at);
    return all;
}

bool is_open(std::string_view path) {
    return std::ranges::any_of(endpoints,
                               [path](endpoint const& each) { return each.is_open && each.at.path == path; });
}

} // namespace

class control_api::checked_rules {
public:
    /// Throws config_error.
    explicit checked_rules(control_rules rules_) : rules(std::move(rules_)) {
        if (rules.token)
            token.emplace(*rules.token);
    }

    control_rules rules;
    std::optional<control::access_token> token;
};

void control_api::forget::operator()(checked_rules* rules) const noexcept {
    std::unique_ptr<checked_rules> const owner{rules};
}

/// Where requests are let in, and sent on to their endpoints.
class control_api::desk {
public:
    desk(clock& clock, store& store, daemon_control daemon, control_rules rules)
        : around_(clock, store, std::move(daemon)), rules_(prepare(std::move(rules))) {}

    void adopt(prepared next) { rules_ = std::move(next); }

    void recorded() { around_.feed.wake(); }

    asio::awaitable<server_answer> answer(incoming_request request) {
        http_response problem;
        try {
            if (!is_open(request.path()))
                check(request);
            static auto const all = routes();
            auto found = control::find_route(all, request.method, request.path());
            auto* const chosen = endpoints.at(found.index).answer;
            control::call asked;
            asked.request = std::move(request);
            asked.parts = std::move(found.parts);
            asked.base_url = rules_->rules.base_url;
            asked.sinks = rules_->rules.sinks;
            asked.may_quit = rules_->rules.quit;
            co_return co_await chosen(around_, std::move(asked));
        } catch (control::refusal const& refused) {
            problem = control::error_answer(refused.status, refused.what(), refused.headers);
        } catch (state_error const& error) {
            problem = control::error_answer(503, std::string{error.what()} + "; try again later");
        }
        co_return server_answer{std::move(problem)};
    }

private:
    /// Lets a request pass that may ask, or throws a refusal.
    void check(incoming_request const& request) {
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

    control::surroundings around_;
    prepared rules_;
};

control_api::control_api(clock& clock, store& store, daemon_control daemon, control_rules rules)
    : desk_(std::make_unique<desk>(clock, store, std::move(daemon), std::move(rules))) {}

control_api::~control_api() = default;

control_api::prepared control_api::prepare(control_rules rules) {
    return prepared{std::make_unique<checked_rules>(std::move(rules)).release()};
}

void control_api::adopt(prepared next) { desk_->adopt(std::move(next)); }

asio::awaitable<server_answer> control_api::answer(incoming_request request) {
    return desk_->answer(std::move(request));
}

void control_api::recorded() { desk_->recorded(); }

} // namespace runwatch
