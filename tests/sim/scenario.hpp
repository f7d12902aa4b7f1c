#pragma once

#include "runwatch/time.hpp"
#include "sim/fault.hpp"
#include "sim/run_life.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch::sim {

/// A rubric criterion of a run. An empty status follows from the verdict.
struct criterion {
    std::string name;
    std::string status;
};

/// How runs behave and look. Runs take over what their test says, and tests what the defaults say.
struct run_plan {
    run_plan();

    std::vector<phase> phases;
    /// Fits the phases into a length of their own for each run.
    std::optional<length_law> length;
    std::vector<weighted_verdict> verdicts;

    /// The time since the simulation began at which the life begins; nothing means at the first request.
    std::optional<duration> starts;
    bool absent_before_start = false;
    duration absent_for{0};

    std::vector<criterion> criteria;
    std::optional<std::string> logs;
    std::uint64_t logs_bytes = 0;
    std::optional<std::string> suite_run;
    std::string triggered_by;

    bool completed_early = false;
    bool bare = false;
    bool wrap = false;
    bool pretty = false;
    boost::json::object fields;
    /// Members appended with their value's exact text.
    std::vector<std::pair<std::string, std::string>> raw_fields;
    std::vector<std::string> omit;

    std::vector<fault> faults;
};

/// Runs that appear by themselves, each at a time of its own between two times.
struct births_plan {
    std::uint64_t count = 0;
    /// Since the simulation began; may lie before it.
    duration from{0};
    duration over{0};
};

/// A test that the scenario knows from the start.
struct test_plan {
    std::string id;
    std::string name;
    std::string description;
    std::string suite;
    std::string channel;
    std::string destination;
    int max_duration_seconds = 300;
    std::vector<std::string> rubric;
    std::vector<births_plan> births;
    /// When it comes to exist and ceases to, since the simulation began; nothing for always and never.
    std::optional<duration> created_at;
    std::optional<duration> deleted_at;
    run_plan runs;
};

/// A run that the scenario knows from the start.
struct scripted_run {
    std::string test;
    std::string run;
    run_plan plan;
};

enum class rate_headers { none, zeros, real };

/// So many requests in each window; the first request opens the first one.
struct rate_limit {
    std::uint64_t requests = 0;
    duration window{0};
    bool retry_after = false;
};

/// When the server closes a connection that could be kept open. Zero means never.
struct keep_alive_rule {
    std::uint64_t requests = 0;
    bool announce = true;
    duration idle_close{0};
};

enum class list_order {
    newest,
    oldest,
    /// In no order that means anything, anew for each request.
    shuffled,
    /// In no order that means anything, but the same for each request: a new run comes in anywhere.
    scattered,
};

/// What lists do with `status=`: as it says, nothing at all, show no run, or answer 422.
enum class status_filter { real, ignored, empty, refused };

/// What `meta` of a list says: the truth, zeros in all four, or it is left out.
enum class list_meta { real, zeros, none };

/// How lists of runs differ from what there is.
struct list_flaws {
    /// Members that runs lack.
    std::vector<std::string> omit;
    /// The chance of each run to be missing from its page.
    double drop = 0;
    /// How many of a page's last runs come first on the next page again.
    std::uint64_t repeat = 0;
    /// How many runs are created before each page but the first.
    std::uint64_t insert = 0;
    /// How old what is said of a run is, and the chance of each to be so old.
    duration stale{0};
    double stale_chance = 1;
    list_meta meta = list_meta::real;
};

/// A play for the stand-in: everything a scenario file says.
struct scenario {
    scenario();

    std::string api_key;
    std::uint64_t seed = 1;
    bool create_unknown = true;
    std::vector<std::string> versions;
    /// Suites that exist besides those of the tests.
    std::vector<std::string> suites;
    std::optional<rate_limit> limit;
    rate_headers limit_headers = rate_headers::none;
    keep_alive_rule keep_alive;
    duration latency_min{0};
    duration latency_max{0};
    duration clock_skew{0};
    bool chunked = false;
    bool record_times = true;
    list_order order = list_order::newest;
    status_filter filter = status_filter::real;
    list_flaws lists;
    run_plan defaults;
    std::vector<test_plan> tests;
    std::vector<scripted_run> runs;
    std::vector<fault> faults;
};

/// Says what is wrong with a scenario: `file:line:column: key: what was expected`.
class scenario_error : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

/// Reads a scenario from YAML; `file` only names it in messages. Throws scenario_error.
scenario parse_scenario(std::string const& yaml, std::string_view file);

/// Reads a scenario file. Throws scenario_error.
scenario load_scenario(std::string const& path);

} // namespace runwatch::sim
