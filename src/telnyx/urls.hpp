#pragma once

#include "runwatch/run.hpp"

#include <string>
#include <string_view>

namespace runwatch::telnyx {

/// The URL of one run, its ids percent-encoded; `base_url` is in its plain form.
std::string run_url(std::string_view base_url, run_key const& key);

/// The URL of a list of tests, of which it asks for one.
std::string one_test_url(std::string_view base_url);

} // namespace runwatch::telnyx
