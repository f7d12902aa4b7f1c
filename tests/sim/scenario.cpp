#include "sim/scenario.hpp"

#include "sim/fault_reader.hpp"
#include "sim/yaml_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <system_error>

namespace runwatch::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> usual_statuses{"pending", "starting", "running"};
constexpr std::array<std::string_view, 4> verdicts{"passed", "failed", "error", "never"};

verdict read_verdict(yaml_value const& value) { return static_cast<verdict>(value.one_of(verdicts)); }

std::vector<weighted_verdict> read_weights(yaml_value const& value) {
    std::vector<weighted_verdict> weights;
    double total = 0;
    for (auto const& each : value.members()) {
        auto const* const found = std::ranges::find(verdicts, each.name);
        if (found == verdicts.end())
            each.key.expected("one of passed, failed, error, never");
        auto const weight = each.value.fraction(0, std::numeric_limits<double>::max());
        weights.push_back({static_cast<verdict>(found - verdicts.begin()), weight});
        total += weight;
    }
    if (!(total > 0))
        value.expected("weights of which one at least is above 0, such as {passed: 0.8, failed: 0.2}");
    return weights;
}

length_law read_length(yaml_value const& value) {
    if (!value.is_map())
        return value.time();
    constexpr std::array<std::string_view, 2> distributions{"lognormal", "shifted_gamma"};
    constexpr auto most = std::numeric_limits<double>::max();
    yaml_fields in(value);
    length_law law;
    if (in.require("distribution").one_of(distributions) == 0) {
        auto const median = in.require("median").time();
        law = lognormal{median, in.require("sigma").fraction(0, most)};
    } else {
        shifted_gamma gamma;
        in.read("shift", gamma.shift);
        gamma.shape = in.require("shape").fraction(0.001, most);
        gamma.scale = in.require("scale").time();
        law = gamma;
    }
    in.finish();
    return law;
}

std::vector<criterion> read_criteria(yaml_value const& value) {
    std::vector<criterion> all;
    for (auto const& item : value.items()) {
        criterion found;
        if (item.is_map()) {
            yaml_fields in(item);
            found.name = in.require("name").text();
            in.read("status", found.status);
            in.finish();
        } else {
            found.name = item.text();
        }
        all.push_back(found);
    }
    return all;
}

std::vector<std::string> read_texts(yaml_value const& value) {
    std::vector<std::string> all;
    for (auto const& item : value.items())
        all.push_back(item.text());
    return all;
}

/// Sets the time of one of the usual phases, wherever it is among the phases so far.
void set_phase(std::vector<phase>& phases, std::string_view status, duration lasts) {
    auto const order = [](std::string_view of) { return std::ranges::find(usual_statuses, of); };
    auto place = std::ranges::find(phases, status, &phase::status);
    if (place == phases.end()) {
        place = std::ranges::find_if(phases, [&](phase const& each) { return order(each.status) > order(status); });
        place = phases.insert(place, phase{std::string(status), lasts});
    }
    place->lasts = lasts;
}

void read_phases(yaml_fields& in, run_plan& plan) {
    if (auto const phases = in.find("phases")) {
        plan.phases.clear();
        plan.length.reset();
        for (auto const& item : phases->items()) {
            yaml_fields of(item);
            phase found;
            found.status = of.require("status").text();
            of.read("for", found.lasts);
            of.finish();
            plan.phases.push_back(found);
        }
    }
    for (auto const status : {"pending", "starting", "running"})
        if (auto const lasts = in.find(status)) {
            if (in.find("phases"))
                lasts->fail("phases and its short form exclude each other");
            set_phase(plan.phases, status, lasts->time());
            if (std::string_view(status) == "running")
                plan.length.reset();
        }
    if (auto const length = in.find("duration"))
        plan.length = read_length(*length);
}

void read_start(yaml_fields& in, run_plan& plan) {
    if (auto const starts = in.find("starts")) {
        auto const text = starts->text();
        if (text == "first_request")
            plan.starts.reset();
        else if (text == "start")
            plan.starts = 0ms;
        else
            plan.starts = starts->signed_time();
    }
    in.read("absent_before_start", plan.absent_before_start);
    in.read("absent_for", plan.absent_for);
}

/// Reads what defaults, tests and runs have in common, over what the plan already says.
void read_plan(yaml_fields& in, run_plan& plan) {
    read_phases(in, plan);
    read_start(in, plan);
    if (auto const value = in.find("verdict"))
        plan.verdicts.assign(1, weighted_verdict{read_verdict(*value), 1});
    if (auto const weights = in.find("verdicts"))
        plan.verdicts = read_weights(*weights);
    if (auto const criteria = in.find("criteria"))
        plan.criteria = read_criteria(*criteria);
    in.read("logs", plan.logs);
    if (auto const size = in.find("logs_size"))
        plan.logs_bytes = size->bytes();
    in.read("suite_run", plan.suite_run);
    in.read("triggered_by", plan.triggered_by);
    in.read("completed_early", plan.completed_early);
    in.read("bare", plan.bare);
    in.read("wrap", plan.wrap);
    in.read("pretty", plan.pretty);
    if (auto const fields = in.find("fields"))
        for (auto const& each : fields->members())
            plan.fields.insert_or_assign(each.name, each.value.json());
    if (auto const raw = in.find("raw_fields"))
        for (auto const& each : raw->members())
            plan.raw_fields.emplace_back(each.name, each.value.text());
    if (auto const omit = in.find("omit"))
        plan.omit = read_texts(*omit);
    if (auto const faults = in.find("faults"))
        plan.faults = read_faults(*faults, false);
}

std::vector<births_plan> read_births(yaml_value const& value) {
    std::vector<births_plan> all;
    for (auto const& item : value.items()) {
        yaml_fields in(item);
        births_plan found;
        found.count = in.require("count").number(0, 1'000'000);
        if (auto const from = in.find("from"))
            found.from = from->signed_time();
        in.read("over", found.over);
        in.finish();
        all.push_back(found);
    }
    return all;
}

test_plan read_test(yaml_value const& value, run_plan const& defaults) {
    constexpr std::array<std::string_view, 4> channels{"phone_call", "web_call", "sms_chat", "web_chat"};
    yaml_fields in(value);
    test_plan found;
    found.runs = defaults;
    found.id = in.require("test").text();
    found.name = "Test " + found.id.substr(0, 8);
    found.channel = "web_chat";
    in.read("name", found.name);
    in.read("description", found.description);
    in.read("suite", found.suite);
    if (auto const channel = in.find("channel"))
        found.channel = channels.at(channel->one_of(channels));
    in.read("destination", found.destination);
    if (auto const seconds = in.find("max_duration_seconds"))
        found.max_duration_seconds = static_cast<int>(seconds->number(1, 3600));
    if (auto const rubric = in.find("rubric")) {
        found.rubric = read_texts(*rubric);
        found.runs.criteria.clear();
        for (auto const& name : found.rubric)
            found.runs.criteria.push_back({name, ""});
    }
    if (auto const births = in.find("births"))
        found.births = read_births(*births);
    if (auto const created = in.find("created_at"))
        found.created_at = created->time();
    if (auto const deleted = in.find("deleted_at"))
        found.deleted_at = deleted->time();
    read_plan(in, found.runs);
    in.finish();
    return found;
}

void read_runs(yaml_value const& list, scenario& into) {
    std::set<std::pair<std::string, std::string>> seen;
    std::map<std::string_view, run_plan const*> plans;
    for (auto const& test : into.tests)
        plans.emplace(test.id, &test.runs);
    for (auto const& item : list.items()) {
        yaml_fields in(item);
        scripted_run found;
        auto const run = in.require("run");
        found.run = run.text();
        found.test = in.require("test").text();
        if (!seen.emplace(found.test, found.run).second)
            run.fail("the run is there twice");
        auto const plan = plans.find(found.test);
        found.plan = plan == plans.end() ? into.defaults : *plan->second;
        read_plan(in, found.plan);
        in.finish();
        into.runs.push_back(std::move(found));
    }
}

void read_limits(yaml_fields& in, scenario& into) {
    constexpr std::array<std::string_view, 3> header_kinds{"none", "zeros", "real"};
    if (auto const limit = in.find("rate_limit")) {
        yaml_fields of(*limit);
        rate_limit found;
        found.requests = of.require("requests").number(0, 1'000'000'000);
        found.window = of.require("window").time();
        if (found.window <= 0ms)
            of.require("window").expected("a window above 0s");
        auto headers = true;
        of.read("headers", headers);
        of.read("retry_after", found.retry_after);
        of.finish();
        into.limit_headers = headers ? rate_headers::real : rate_headers::none;
        into.limit = found;
    }
    if (auto const headers = in.find("rate_limit_headers"))
        into.limit_headers = static_cast<rate_headers>(headers->one_of(header_kinds));
}

void read_connections(yaml_fields& in, scenario& into) {
    if (auto const keep_alive = in.find("keep_alive")) {
        yaml_fields of(*keep_alive);
        into.keep_alive.requests = of.require("requests").number(1, 1'000'000'000);
        of.read("announce", into.keep_alive.announce);
        of.finish();
    }
    in.read("idle_close", into.keep_alive.idle_close);
    if (auto const latency = in.find("latency")) {
        if (latency->is_map()) {
            yaml_fields of(*latency);
            into.latency_min = of.require("min").time();
            into.latency_max = of.require("max").time();
            if (into.latency_max < into.latency_min)
                of.require("max").expected("a time that is not below min");
            of.finish();
        } else {
            into.latency_min = into.latency_max = latency->time();
        }
    }
    in.read("chunked", into.chunked);
}

void read_lists(yaml_fields& in, scenario& into) {
    constexpr std::array<std::string_view, 4> orders{"newest", "oldest", "shuffled", "scattered"};
    constexpr std::array<std::string_view, 4> filters{"real", "ignored", "empty", "refused"};
    constexpr std::array<std::string_view, 3> metas{"real", "zeros", "none"};
    constexpr std::uint64_t most = 100;
    if (auto const order = in.find("list_order"))
        into.order = static_cast<list_order>(order->one_of(orders));
    if (auto const filter = in.find("list_status"))
        into.filter = static_cast<status_filter>(filter->one_of(filters));
    if (auto const omit = in.find("list_omit"))
        into.lists.omit = read_texts(*omit);
    if (auto const chance = in.find("list_drop"))
        into.lists.drop = chance->fraction(0, 1);
    if (auto const count = in.find("list_repeat"))
        into.lists.repeat = count->number(0, most - 1);
    if (auto const count = in.find("list_insert"))
        into.lists.insert = count->number(0, most);
    if (auto const stale = in.find("list_stale")) {
        if (stale->is_map()) {
            yaml_fields of(*stale);
            into.lists.stale = of.require("by").time();
            into.lists.stale_chance = of.require("chance").fraction(0, 1);
            of.finish();
        } else {
            into.lists.stale = stale->time();
        }
    }
    if (auto const meta = in.find("list_meta"))
        into.lists.meta = static_cast<list_meta>(meta->one_of(metas));
}

scenario read_scenario(yaml_value const& root) {
    constexpr std::array<std::string_view, 2> unknown_kinds{"create", "not_found"};
    scenario found;
    if (root.is_null())
        return found;
    yaml_fields in(root);
    in.read("api_key", found.api_key);
    if (auto const seed = in.find("seed"))
        found.seed = seed->number(0, std::numeric_limits<std::uint64_t>::max());
    if (auto const unknown = in.find("unknown_runs"))
        found.create_unknown = unknown->one_of(unknown_kinds) == 0;
    if (auto const versions = in.find("versions"))
        found.versions = read_texts(*versions);
    if (auto const suites = in.find("suites"))
        found.suites = read_texts(*suites);
    read_limits(in, found);
    read_connections(in, found);
    if (auto const skew = in.find("clock_skew"))
        found.clock_skew = skew->signed_time();
    in.read("record_times", found.record_times);
    read_lists(in, found);
    if (auto const defaults = in.find("defaults")) {
        yaml_fields of(*defaults);
        read_plan(of, found.defaults);
        of.finish();
    }
    if (auto const tests = in.find("tests")) {
        std::set<std::string> seen;
        for (auto const& item : tests->items()) {
            found.tests.push_back(read_test(item, found.defaults));
            if (!seen.insert(found.tests.back().id).second)
                item.fail("the test is there twice");
        }
    }
    if (auto const runs = in.find("runs"))
        read_runs(*runs, found);
    if (auto const faults = in.find("faults"))
        found.faults = read_faults(*faults, true);
    in.finish();
    return found;
}

} // namespace

run_plan::run_plan()
    : phases{{"pending", 500ms}, {"starting", 500ms}, {"running", 2s}},
      verdicts{{verdict::passed, 1}},
      criteria{{"Empathy", ""}, {"Resolution", ""}},
      triggered_by("cron") {}

scenario::scenario() : api_key("sim-key") {}

scenario parse_scenario(std::string const& yaml, std::string_view file) {
    YAML::Node root;
    try {
        root = YAML::Load(yaml);
    } catch (YAML::ParserException const& error) {
        throw scenario_error(std::string(file) + ":" + std::to_string(error.mark.line + 1) + ":" +
                             std::to_string(error.mark.column + 1) + ": " + error.msg);
    }
    return read_scenario(yaml_value(root, root.Mark(), file, ""));
}

scenario load_scenario(std::string const& path) {
    std::ifstream file(path);
    std::ostringstream text;
    if (file)
        text << file.rdbuf();
    if (!file)
        throw scenario_error(path + ": " + std::system_category().message(errno));
    return parse_scenario(text.str(), path);
}

} // namespace runwatch::sim
