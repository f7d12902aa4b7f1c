#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/option_node.hpp"
#include "runwatch/options.hpp"
#include "runwatch/problems.hpp"
#include "runwatch/sink.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {

/// What every sink may need of the program around it.
struct sink_surroundings {
    boost::asio::any_io_executor executor;
    runwatch::clock const& clock;
    /// Variables of the environment that hold secrets: no command gets them. See named_variables().
    std::vector<std::string> hidden_variables;
};

/// How a delivery that a sink did not take is tried again.
enum class retry_pattern {
    /// For ever, soon at first and every 30 s in the end: something on this machine has to be put right.
    for_ever,
    /// On the schedule of Standard Webhooks, and given up at its end.
    webhook_schedule,
};

/// A type of sinks, as a config names it.
struct sink_type {
    std::string_view name;
    retry_pattern retries;
    /// Reads every option that sinks of this type have, and reports what is wrong with them.
    void (*check)(option_map& options, problems& found);
    /// Reports what in this machine would keep a sink of options that were found good from working, as far as that can
    /// be told without sending, making or changing anything; null where there is nothing to tell.
    void (*verify)(option_map& options, problems& found);
    /// Makes a sink by options that were found good. Throws config_error where the world has changed since.
    std::unique_ptr<sink> (*make)(std::string const& name, option_map& options, problems& found,
                                  sink_surroundings const& around);
};

/// The type of that name; null if there is none.
sink_type const* find_sink_type(std::string_view name);

/// Reads the options of a sink of this type, and reports what is wrong with them, or that there is no such type: a
/// sink_checker for a config.
void check_sink(std::string const& type, option_map& options, problems& found);

/// Reports what in this machine would keep a sink of these options from working, as far as that can be told without
/// sending, making or changing anything. Says nothing of options that check_sink() refuses.
void verify_sink(std::string const& type, option_node const& options, problems& found);

/// Makes a sink of a checked config. Throws config_error when an option cannot be used any more, such as a secret whose
/// file is gone.
std::unique_ptr<sink> make_sink(std::string const& name, std::string const& type, option_node const& options,
                                sink_surroundings const& around);

/// The variables of the environment that options are read from, by `{env: NAME}`.
std::vector<std::string> named_variables(option_node const& options);

} // namespace runwatch
