#pragma once

#include "sim/world.hpp"

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::sim {

/// What a fault changes about the runs in an answer.
struct run_tweaks {
    boost::json::value const* status_value = nullptr;
    bool no_status = false;
    bool other_run = false;
    /// Members to leave out.
    std::vector<std::string> const* omit = nullptr;
    /// At least so many bytes of logs; in a list only the first run's.
    std::uint64_t logs_bytes = 0;
};

/// A run as JSON.
struct rendered_run {
    std::string text;
    /// Whether its status says that it has ended.
    bool terminal = false;
};

/// A run as the API shows it at `now`. `epoch` is the time of day at which the simulation began.
rendered_run render_run(known_run const& run, duration now, timestamp epoch, run_tweaks const& tweaks);

/// Wraps and indents a run that is an answer of its own, if its plan says so.
std::string dress(known_run const& run, std::string text);

/// A test as the API shows it.
std::string render_test(known_test const& test, timestamp epoch);

/// `[first,second]`
std::string render_array(std::vector<std::string> const& items);

/// `{"data":[first,second],"meta":{…}}`
std::string render_page(std::vector<std::string> const& items, std::size_t total, std::size_t number, std::size_t size,
                        list_meta shown = list_meta::real);

/// The API's general error body, with the code that belongs to the status.
std::string render_error(unsigned status, std::string_view detail);

/// The API's error body with a code of its own.
std::string render_error(std::string_view code, std::string_view title, std::string_view detail);

/// The body of a 422 for something that is wrong with a parameter: `loc`, `msg`, `type`.
std::string render_validation_error(std::string_view where, std::string_view name, std::string_view message,
                                    std::string_view type);

/// The page that a gateway shows instead of the API's answer.
std::string render_gateway_page(unsigned status);

/// Breaks JSON into lines. Every number and text stays as it is written.
std::string indent_json(std::string_view json);

} // namespace runwatch::sim
