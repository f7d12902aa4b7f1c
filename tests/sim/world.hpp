#pragma once

#include "runwatch/time.hpp"
#include "sim/scenario.hpp"
#include "sim/text_map.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::sim {

struct known_test;

/// A run that exists, or will.
struct known_run {
    std::string id;
    known_test* test = nullptr;
    run_plan const* plan = nullptr;
    life whole;
    std::string suite_run;
    std::string triggered_by;
    /// A seed of its own.
    std::uint64_t seed = 0;
    /// When it was created and when its life begins, since the simulation began; nothing before they are known.
    std::optional<duration> created;
    std::optional<duration> begins;
    /// Before this time the API denies that it exists.
    duration absent_until{0};
    /// How often it was asked for by its id.
    std::uint64_t requests = 0;

    moment at(duration now) const { return look(whole, begins ? now - *begins : duration{0}); }
};

/// A test that exists.
struct known_test {
    test_plan plan;
    /// What its runs do unless the scenario says otherwise.
    run_plan const* runs_plan = nullptr;
    /// Its runs that lists show, the oldest first.
    std::vector<known_run*> listed;
    text_map<known_run*> by_id;

    bool exists(duration now) const {
        return now >= plan.created_at.value_or(now) && (!plan.deleted_at || now < *plan.deleted_at);
    }
};

/// The tests with one suite name; there may be none.
struct known_suite {
    std::string name;
    std::vector<known_test*> tests;
    std::vector<known_run*> listed;
    /// The scenario names it, whatever tests there are.
    bool always = false;

    bool exists(duration now) const;
};

/// Everything that exists on the stand-in's side, at any time since the simulation began.
///
/// Looking up a run takes constant time; a list costs what its page costs, unless it is filtered or shuffled. The
/// scenario must outlive the world.
class world {
public:
    explicit world(scenario const& play);
    world(world const&) = delete;
    world& operator=(world const&) = delete;

    /// Lets everything happen that was due until `now`. Every request begins with this.
    void advance(duration now);

    /// The run a client asks for, or null where the API would answer 404. Begins the life of a run that waited for
    /// its first request, and creates unknown ones if the scenario says so.
    known_run* request_run(std::string_view test_id, std::string_view run_id, duration now);

    /// The run, if it exists or is going to. Changes nothing.
    known_run const* find_run(std::string_view test_id, std::string_view run_id) const;

    /// Begins the life of a run that a list shows for the first time.
    static void show(known_run& run, duration now);

    /// The test, created if the scenario lets unknown ones exist; null where the API would answer 404.
    known_test* find_test(std::string_view id, duration now);

    /// The suite, or null if there is none: neither a test that exists nor the scenario names it.
    known_suite* find_suite(std::string_view name, duration now);

    /// Creates a run as a POST does.
    known_run& trigger(known_test& test, std::string const& suite_run, duration now);

    /// A new id, different each time.
    std::string next_uuid();

    std::deque<known_test> const& tests() const { return tests_; }

    std::deque<known_suite> const& suites() const { return suites_; }

    scenario const& play() const { return play_; }

private:
    struct appearance {
        duration when;
        std::uint64_t order;
        known_run* run;

        bool operator>(appearance const& other) const {
            return when != other.when ? when > other.when : order > other.order;
        }
    };

    known_test& add_test(test_plan plan, run_plan const& runs_plan);
    known_suite& add_suite(std::string const& name);
    known_test& make_test(std::string_view id);
    known_run& add_run(known_test& test, std::string_view id, run_plan const& plan);
    void remove_deleted(duration now);
    void bear(known_test& test, births_plan const& births);
    void place(known_run& run);
    void appear_at(known_run& run, duration when);
    void list(known_run& run);

    scenario const& play_;
    std::deque<known_test> tests_;
    std::deque<known_run> runs_;
    /// Tests that cease to exist, until they have.
    std::vector<known_test*> leaving_;
    std::deque<known_suite> suites_;
    text_map<known_test*> tests_by_id_;
    text_map<known_suite*> suites_by_name_;
    std::priority_queue<appearance, std::vector<appearance>, std::greater<>> appearing_;
    std::uint64_t appearances_ = 0;
    std::uint64_t ids_made_ = 0;
};

} // namespace runwatch::sim
