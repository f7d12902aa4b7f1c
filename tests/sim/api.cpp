#include "sim/api.hpp"

#include "sim/damage.hpp"
#include "sim/randomness.hpp"
#include "sim/run_list.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace runwatch::sim {
namespace {

answer answer_with(unsigned status, std::string body) {
    answer reply;
    reply.status = status;
    reply.body = std::move(body);
    return reply;
}

answer refuse(unsigned status, std::string_view detail) { return answer_with(status, render_error(status, detail)); }

answer not_found() { return refuse(404, "The requested resource or URL could not be found."); }

bool is_trigger(operation what) { return what == operation::trigger_run || what == operation::trigger_suite_run; }

/// Whether a query that asks for one value of `text` lets it through.
bool asks_for(std::optional<std::string_view> wanted, std::string_view text) { return !wanted || *wanted == text; }

std::optional<std::string> owned(std::optional<std::string_view> text) {
    return text ? std::optional(std::string(*text)) : std::nullopt;
}

/// The refusal of a trigger's body, if there is something wrong with it.
std::optional<answer> refuse_body(std::string const& body, std::vector<std::string> const& versions) {
    if (body.empty())
        return std::nullopt;
    boost::json::error_code error;
    auto const parsed = boost::json::parse(body, error);
    if (error || !parsed.is_object())
        return answer_with(422, render_validation_error("body", "", "JSON decode error", "json_invalid"));
    auto const* const version = parsed.as_object().if_contains("destination_version_id");
    if (version == nullptr || version->is_null())
        return std::nullopt;
    if (!version->is_string())
        return answer_with(422, render_validation_error("body", "destination_version_id",
                                                        "Input should be a valid string", "string_type"));
    std::string_view const wanted(version->as_string().data(), version->as_string().size());
    if (!versions.empty() && std::ranges::find(versions, wanted) == versions.end())
        return refuse(400, "The assistant has no such version.");
    return std::nullopt;
}

} // namespace

api::api(scenario const& play, timestamp epoch, std::string const& api_key)
    : play_(play),
      epoch_(epoch + play.clock_skew),
      bearer_(api_key.empty() ? "" : "Bearer " + api_key),
      world_(play),
      budget_(play),
      fault_requests_(play.faults.size()) {}

answer api::handle(request const& asked, duration now) {
    ++requests_;
    world_.advance(now);
    auto const way = parse_target(asked.method, asked.target);
    auto reply = admit(asked, way, now);
    reply.what = way.what;
    if (way.what == operation::retrieve_run && !reply.asked)
        reply.asked = shown_run{way.test_id, way.run_id, false};
    reply.chunked = play_.chunked;
    reply.delay += draw_latency();
    if (is_trigger(way.what))
        posts_.hold(asked, now, now + reply.delay);
    return reply;
}

/// Does what every request has to pass before and after it is carried out: key, rate limit and faults.
answer api::admit(request const& asked, route const& way, duration now) {
    if (!bearer_.empty() && asked.authorization != bearer_)
        return refuse(401, "The API key looks malformed or is unknown.");
    if (!budget_.take(now)) {
        auto reply = refuse(429, "You have exceeded the maximum number of allowed requests.");
        budget_.add_headers(reply, now);
        return reply;
    }
    auto* const run = way.what == operation::retrieve_run ? world_.request_run(way.test_id, way.run_id, now) : nullptr;
    auto const* const struck = strike(way, run);
    answer reply;
    auto const replaced = struck != nullptr && struck->replaces_answer();
    if (!replaced || struck->carried_out)
        reply = carry_out(asked, way, run, struck == nullptr ? run_tweaks() : tweaks_of(*struck), now);
    if (replaced) {
        auto const triggered = reply.triggered;
        reply = answer_instead(*struck);
        reply.triggered = triggered;
    }
    budget_.add_headers(reply, now);
    if (struck != nullptr) {
        damage(reply, *struck, time_of_day(now), derive_seed(play_.seed, requests_));
        reply.struck = true;
    }
    return reply;
}

answer api::carry_out(request const& asked, route const& way, known_run* run, run_tweaks const& tweaks, duration now) {
    switch (way.what) {
    case operation::retrieve_run: {
        if (run == nullptr)
            return not_found();
        auto rendered = render_run(*run, now, epoch_, tweaks);
        auto reply = answer_with(200, dress(*run, std::move(rendered.text)));
        reply.asked = shown_run{way.test_id, way.run_id, rendered.terminal};
        return reply;
    }
    case operation::list_runs: {
        auto* const test = world_.find_test(way.test_id, now);
        return test == nullptr ? not_found() : list_runs(way, test->listed, test, tweaks, now);
    }
    case operation::list_suite_runs: {
        auto const* const suite = world_.find_suite(way.suite, now);
        if (suite == nullptr && !play_.create_unknown)
            return not_found();
        if (suite == nullptr)
            return list_runs(way, {}, nullptr, tweaks, now);
        return list_runs(way, suite->listed, suite->tests.empty() ? nullptr : suite->tests.front(), tweaks, now);
    }
    case operation::retrieve_test: {
        auto const* const test = world_.find_test(way.test_id, now);
        return test == nullptr ? not_found() : answer_with(200, render_test(*test, epoch_));
    }
    case operation::list_tests:
        return list_tests(way, now);
    case operation::list_test_suites:
        return list_suites(now);
    case operation::trigger_run:
    case operation::trigger_suite_run:
        return trigger(asked, way, now);
    case operation::wrong_method:
        return refuse(405, "The resource does not support this method.");
    case operation::unknown_path:
        break;
    }
    return not_found();
}

/// Lists some of the runs; a list that grows between pages does so by runs of a test.
answer api::list_runs(route const& way, std::vector<known_run*> const& all, known_test* grows, run_tweaks tweaks,
                      duration now) {
    auto page = read_page(way);
    if (page.refusal)
        return answer_with(422, *page.refusal);
    auto const& flaws = play_.lists;
    page.repeated = std::min<std::size_t>(flaws.repeat, page.size - 1);
    run_filter filter{owned(way.parameter("status")), owned(way.parameter("test_suite_run_id"))};
    if (filter.status && play_.filter == status_filter::refused)
        return answer_with(422, render_validation_error("query", "status", "Input should be a valid status", "enum"));
    if (filter.status && play_.filter == status_filter::empty)
        filter.status = "none";
    if (play_.filter == status_filter::ignored)
        filter.status.reset();
    if (page.number > 1 && grows != nullptr)
        for (std::uint64_t count = 0; count != flaws.insert; ++count)
            world_.trigger(*grows, filter.suite_run.value_or(""), now);
    auto const picked = pick_runs(all, filter, play_.order, page, now, derive_seed(play_.seed, requests_));
    answer reply;
    std::vector<std::string> items;
    tweaks.omit = &flaws.omit;
    for (auto* const run : picked.runs) {
        if (draws(*run, 7, flaws.drop))
            continue;
        world_.show(*run, now);
        auto const shown_at = draws(*run, 8, flaws.stale_chance) ? now - flaws.stale : now;
        auto rendered = render_run(*run, shown_at, epoch_, tweaks);
        items.push_back(std::move(rendered.text));
        if (rendered.terminal)
            reply.listed.push_back({run->test->plan.id, run->id, true});
        tweaks.logs_bytes = 0;
    }
    reply.body = render_page(items, picked.total, page.number, page.size, flaws.meta);
    return reply;
}

/// Decides by chance about a run in the present request.
bool api::draws(known_run const& run, std::uint64_t matter, double chance) const {
    return fraction(derive_seed(derive_seed(run.seed, matter), requests_)) < chance;
}

answer api::list_tests(route const& way, duration now) const {
    auto const page = read_page(way);
    if (page.refusal)
        return answer_with(422, *page.refusal);
    std::vector<known_test const*> chosen;
    for (auto const& test : world_.tests())
        if (test.exists(now) && asks_for(way.parameter("test_suite"), test.plan.suite) &&
            asks_for(way.parameter("telnyx_conversation_channel"), test.plan.channel) &&
            asks_for(way.parameter("destination"), test.plan.destination))
            chosen.push_back(&test);
    auto const bounds = bounds_of(page, chosen.size());
    std::vector<std::string> items;
    for (auto place = bounds.begin; place != bounds.end; ++place)
        items.push_back(render_test(*chosen[place], epoch_));
    return answer_with(200, render_page(items, chosen.size(), page.number, page.size));
}

answer api::list_suites(duration now) const {
    boost::json::array names;
    for (auto const& suite : world_.suites())
        if (suite.exists(now))
            names.emplace_back(suite.name);
    return answer_with(200, "{\"data\":" + boost::json::serialize(names) + "}");
}

answer api::create_runs(route const& way, duration now) {
    if (way.what == operation::trigger_run) {
        auto* const test = world_.find_test(way.test_id, now);
        if (test == nullptr)
            return not_found();
        auto const& run = world_.trigger(*test, "", now);
        auto reply = answer_with(201, dress(run, render_run(run, now, epoch_, run_tweaks()).text));
        reply.triggered = 1;
        return reply;
    }
    auto const* const suite = world_.find_suite(way.suite, now);
    if (suite == nullptr)
        return not_found();
    auto const batch = world_.next_uuid();
    std::vector<std::string> items;
    for (auto* const test : suite->tests) {
        if (!test->exists(now))
            continue;
        items.push_back(render_run(world_.trigger(*test, batch, now), now, epoch_, run_tweaks()).text);
    }
    auto reply = answer_with(201, render_array(items));
    reply.triggered = items.size();
    return reply;
}

answer api::trigger(request const& asked, route const& way, duration now) {
    if (auto const known = posts_.recall(asked, now))
        return *known;
    if (auto const refusal = refuse_body(asked.body, play_.versions))
        return *refusal;
    auto reply = create_runs(way, now);
    posts_.remember(asked, reply, now);
    return reply;
}

std::string api::runs_json(duration now) {
    world_.advance(now);
    boost::json::object statuses;
    for (auto const& test : world_.tests())
        for (auto const* run : test.listed)
            statuses[test.plan.id + '/' + run->id] = run->at(now).status;
    return boost::json::serialize(statuses);
}

fault const* api::strike(route const& way, known_run const* run) {
    if (run != nullptr) {
        auto seed = derive_seed(run->seed, 6);
        for (auto const& each : run->plan->faults)
            if (strikes(each.rule, run->requests, ++seed))
                return &each;
    }
    fault const* struck = nullptr;
    for (std::size_t index = 0; index != play_.faults.size(); ++index) {
        auto const& each = play_.faults[index];
        if (!each.paths.empty() && std::ranges::find(each.paths, way.what) == each.paths.end())
            continue;
        auto const seed = derive_seed(derive_seed(play_.seed, "fault"), index);
        if (strikes(each.rule, ++fault_requests_[index], seed) && struck == nullptr)
            struck = &each;
    }
    return struck;
}

duration api::draw_latency() const {
    auto const spread = static_cast<double>((play_.latency_max - play_.latency_min).count() + 1);
    auto const drawn = fraction(derive_seed(derive_seed(play_.seed, "latency"), requests_)) * spread;
    return play_.latency_min + duration{static_cast<std::int64_t>(drawn)};
}

} // namespace runwatch::sim
