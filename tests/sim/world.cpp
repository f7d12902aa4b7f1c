#include "sim/world.hpp"

#include "sim/randomness.hpp"

#include <algorithm>

namespace runwatch::sim {
namespace {

life make_life(run_plan const& plan, std::uint64_t seed) {
    life whole{plan.phases, draw_verdict(plan.verdicts, derive_seed(seed, 1))};
    if (plan.length)
        fit(whole, draw_length(*plan.length, derive_seed(seed, 2)));
    return whole;
}

} // namespace

bool known_suite::exists(duration now) const {
    return always || std::ranges::any_of(tests, [&](auto const* test) { return test->exists(now); });
}

world::world(scenario const& play) : play_(play) {
    for (auto const& each : play.suites)
        add_suite(each).always = true;
    for (auto const& each : play.tests) {
        auto& test = add_test(each, each.runs);
        if (each.deleted_at)
            leaving_.push_back(&test);
        for (auto const& births : each.births)
            bear(test, births);
    }
    for (auto const& each : play.runs) {
        auto const known = tests_by_id_.find(each.test);
        auto& test = known == tests_by_id_.end() ? make_test(each.test) : *known->second;
        place(add_run(test, each.run, each.plan));
    }
}

void world::advance(duration now) {
    while (!appearing_.empty() && appearing_.top().when <= now) {
        // Of a test that is gone nothing appears any more.
        if (auto& run = *appearing_.top().run; run.test->exists(std::max(appearing_.top().when, duration{0})))
            list(run);
        appearing_.pop();
    }
    if (!leaving_.empty())
        remove_deleted(now);
}

/// Takes the runs of tests that exist no more out of the lists of suites.
void world::remove_deleted(duration now) {
    auto const is_gone = [now](auto const* test) { return *test->plan.deleted_at <= now; };
    for (auto* const test : leaving_)
        if (auto const suite = suites_by_name_.find(test->plan.suite); is_gone(test) && suite != suites_by_name_.end())
            std::erase_if(suite->second->listed, [test](auto const* run) { return run->test == test; });
    std::erase_if(leaving_, is_gone);
}

known_run* world::request_run(std::string_view test_id, std::string_view run_id, duration now) {
    auto* const test = find_test(test_id, now);
    if (test == nullptr)
        return nullptr;
    auto const known = test->by_id.find(run_id);
    auto* run = known == test->by_id.end() ? nullptr : known->second;
    if (run == nullptr) {
        if (!play_.create_unknown)
            return nullptr;
        run = &add_run(*test, run_id, *test->runs_plan);
        place(*run);
        advance(now);
    }
    if (run->requests++ == 0 && run->plan->absent_for > duration{0}) {
        run->absent_until = std::max(run->absent_until, now + run->plan->absent_for);
        if (!run->begins) {
            run->created = run->begins = run->absent_until;
            appear_at(*run, run->absent_until);
        }
    }
    show(*run, now);
    return now < run->absent_until ? nullptr : run;
}

known_run const* world::find_run(std::string_view test_id, std::string_view run_id) const {
    auto const test = tests_by_id_.find(test_id);
    if (test == tests_by_id_.end())
        return nullptr;
    auto const run = test->second->by_id.find(run_id);
    return run == test->second->by_id.end() ? nullptr : run->second;
}

void world::show(known_run& run, duration now) {
    if (!run.begins)
        run.begins = run.created = now;
}

known_test* world::find_test(std::string_view id, duration now) {
    auto const known = tests_by_id_.find(id);
    if (known != tests_by_id_.end())
        return known->second->exists(now) ? known->second : nullptr;
    return play_.create_unknown ? &make_test(id) : nullptr;
}

known_suite* world::find_suite(std::string_view name, duration now) {
    auto const known = suites_by_name_.find(name);
    return known == suites_by_name_.end() || !known->second->exists(now) ? nullptr : known->second;
}

known_run& world::trigger(known_test& test, std::string const& suite_run, duration now) {
    auto& run = add_run(test, next_uuid(), *test.runs_plan);
    run.begins = run.created = now;
    run.triggered_by = "api";
    run.suite_run = suite_run;
    list(run);
    return run;
}

std::string world::next_uuid() { return make_uuid(derive_seed(derive_seed(play_.seed, "id"), ++ids_made_)); }

known_test& world::add_test(test_plan plan, run_plan const& runs_plan) {
    auto& test = tests_.emplace_back();
    test.plan = std::move(plan);
    test.runs_plan = &runs_plan;
    tests_by_id_.emplace(test.plan.id, &test);
    if (!test.plan.suite.empty())
        add_suite(test.plan.suite).tests.push_back(&test);
    return test;
}

/// The suite, made if it is not there yet.
known_suite& world::add_suite(std::string const& name) {
    auto& suite = suites_by_name_[name];
    if (suite == nullptr) {
        suite = &suites_.emplace_back();
        suite->name = name;
    }
    return *suite;
}

known_test& world::make_test(std::string_view id) {
    test_plan plan;
    plan.id = id;
    plan.name = "Test " + plan.id.substr(0, 8);
    plan.channel = "web_chat";
    for (auto const& each : play_.defaults.criteria)
        plan.rubric.push_back(each.name);
    return add_test(std::move(plan), play_.defaults);
}

known_run& world::add_run(known_test& test, std::string_view id, run_plan const& plan) {
    auto& run = runs_.emplace_back();
    run.id = id;
    run.test = &test;
    run.plan = &plan;
    run.seed = derive_seed(derive_seed(play_.seed, test.plan.id), id);
    run.whole = make_life(plan, run.seed);
    run.suite_run = plan.suite_run.value_or("");
    run.triggered_by = plan.triggered_by;
    test.by_id.emplace(run.id, &run);
    return run;
}

/// Adds runs that appear at random, and begin then.
void world::bear(known_test& test, births_plan const& births) {
    for (std::uint64_t count = 0; count != births.count; ++count) {
        auto& run = add_run(test, next_uuid(), *test.runs_plan);
        auto const share = fraction(derive_seed(run.seed, "birth"));
        auto const when =
            births.from + duration{static_cast<std::int64_t>(share * static_cast<double>(births.over.count()))};
        run.begins = run.created = run.absent_until = when;
        appear_at(run, when);
    }
}

/// Decides when a run that no POST created is created, begins and shows in lists.
void world::place(known_run& run) {
    auto const& plan = *run.plan;
    if (!plan.starts) {
        // It shows in lists from the beginning, but for one that stays absent a while after its first request.
        if (plan.absent_for == duration{0})
            appear_at(run, duration{0});
        return;
    }
    run.begins = plan.starts;
    run.created = plan.absent_before_start ? *run.begins : std::min(*run.begins, duration{0});
    if (plan.absent_before_start)
        run.absent_until = *run.begins;
    appear_at(run, *run.created);
}

void world::appear_at(known_run& run, duration when) { appearing_.push({when, appearances_++, &run}); }

void world::list(known_run& run) {
    run.test->listed.push_back(&run);
    if (auto const suite = suites_by_name_.find(run.test->plan.suite); suite != suites_by_name_.end())
        suite->second->listed.push_back(&run);
}

} // namespace runwatch::sim
