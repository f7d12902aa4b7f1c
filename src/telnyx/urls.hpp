#pragma once

#include "runwatch/result.hpp"
#include "runwatch/run.hpp"
#include "runwatch/run_source.hpp"
#include "runwatch/run_starter.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace runwatch::telnyx {

/// The URL of one run, its ids percent-encoded; `base_url` is in its plain form.
std::string run_url(std::string_view base_url, run_key const& key);

/// The URL of a page of a list, counted from 1, with as many runs as a page can hold. Fails as permanent if the name of
/// a test or a suite would lead elsewhere in the API.
result<std::string> list_url(std::string_view base_url, run_list const& what, std::size_t page);

/// The URL of the names of all suites.
std::string suites_url(std::string_view base_url);

/// The URL of a test itself. Fails as list_url() does.
result<std::string> test_url(std::string_view base_url, std::string_view test_id);

/// The URL where what is ordered is started. Fails as list_url() does.
result<std::string> trigger_url(std::string_view base_url, run_order const& order);

/// Why a text can be no id, in words that begin with this name of it; empty if it can.
std::string flaw_of_id(std::string_view id, std::string_view name);

/// The URL of a list of tests, of which it asks for one.
std::string one_test_url(std::string_view base_url);

} // namespace runwatch::telnyx
