#pragma once

#include "runwatch/run.hpp"

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch {

/// Parses JSON that somebody else wrote: deeper than a JSON library allows by default, and with the escaped halves of
/// characters that are left where a log was cut in the middle of one. Returns nothing for what is not valid JSON, which
/// is always in UTF-8. The value lies in `memory`.
std::optional<boost::json::value> parse_foreign_json(std::string_view text, boost::json::storage_ptr memory = {});

/// A member of an object if it is there and a string, else an empty one. It is the object's own text.
std::string_view string_member(boost::json::object const& object, std::string_view name);

/// The values of the API's run object that runwatch uses, as JSON text; empty where there is no such member. As
/// everywhere, of members with one name the last counts.
struct run_members {
    std::string_view run_id;
    std::string_view test_id;
    std::string_view status;
    std::string_view created_at;
    std::string_view completed_at;
    std::string_view test_suite_run_id;
    std::string_view detail_status;
    std::string_view logs;
    /// What a gateway may have wrapped the object in.
    std::string_view data;

    run_members() = default;

    /// Looks them up in the text of an object, valid JSON that must outlive them. Of any other value all is empty.
    explicit run_members(std::string_view object);

    /// The same with any text, in one go with is_json(): tells whether it is one.
    bool read(std::string_view text);

private:
    void take(std::string_view name, std::string_view value);
};

/// Reads the fields that runwatch uses out of a run object, whose text is `raw`. What is missing, null or of another
/// type is empty. The ids in the object are not looked at: the run is called `key`.
test_run read_run(run_key key, run_members const& object, std::string raw);

/// Reads a run back out of the text in test_run::raw. Returns nothing if that is not a JSON object.
std::optional<test_run> read_run(run_key key, std::string_view raw);

/// What a run says of each criterion, in the API's order, out of test_run::raw; may be empty. Most looks show a run
/// that goes on, of which nobody asks for that, nor for its logs.
std::vector<criterion> criteria_of(test_run const& run);

/// The text of a run's `logs`, out of test_run::raw; may be large, or empty. Holds the cause of a run in `error`.
std::string logs_of(test_run const& run);

/// How much of a run's `logs` is stored, in bytes of JSON: enough to see why a run ended in `error`, and little enough
/// to keep thousands of them.
constexpr std::size_t longest_stored_logs = 1024UL * 1024;

/// The API's run object, as valid JSON text, with its `logs` cut to at most `max_bytes` bytes of JSON and a mark that
/// says so. Everything else stays byte for byte, and all of it where the logs are no longer than that.
std::string with_short_logs(std::string_view raw, std::size_t max_bytes);

/// How many bytes beyond `max_bytes` short_logs() must be given: the quotes, and an escape that is not to be torn.
constexpr std::size_t short_logs_overlap = 16;

/// The same for the value of `logs` alone, of which `front` holds the first `max_bytes` + short_logs_overlap bytes, or
/// all if it has less; in full it has `size` bytes.
std::string short_logs(std::string_view front, std::size_t size, std::size_t max_bytes);

} // namespace runwatch
