#pragma once

#include "cli/control_client.hpp"
#include "runwatch/state_records.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::cli {

/// What a daemon answers with, read back. Members that this program does not know are passed over, and what is missing
/// or makes no sense is empty: the daemon may be of another version.

watch_record read_watch(std::string_view object);

listed_delivery read_delivery(std::string_view object);

/// The elements of an array of objects, each as its text.
std::vector<std::string> read_objects(std::string_view array);

/// Asks for a list page by page and returns all its elements, each as its text; `path` holds a query, `name` is the
/// member of the answer that holds a page.
std::vector<std::string> ask_for_list(control_client const& daemon, std::string const& path, std::string const& name);

/// Objects as a JSON array, one a line.
std::string as_json_array(std::vector<std::string> const& objects);

} // namespace runwatch::cli
