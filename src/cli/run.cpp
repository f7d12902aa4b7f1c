#include "cli/commands.hpp"
#include "cli/usage_error.hpp"
#include "cli/wait_options.hpp"
#include "cli/wait_setup.hpp"
#include "runwatch/telnyx.hpp"
#include "runwatch/text.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runwatch::cli {
namespace {

constexpr auto examples = R"(
Each --test and --suite is started once, however often the request has to be
sent. What was started is told on standard error at once, as TEST_ID/RUN_ID.
A test or suite that the API refuses is exit status 4, once the others ended.

Examples:
  runwatch run --test TEST_ID --timeout 10m
  runwatch run --suite nightly --version VERSION_ID --junit report.xml
  runwatch run --detach --suite nightly > refs.txt
  runwatch run --hand-over --address 127.0.0.1:9464 --suite nightly)";

/// The options of `runwatch run` as they were given.
struct run_options {
    wait_options wait;
    std::vector<run_order> orders;
    std::string version;
    bool detach = false;
};

/// A name that no other order has: 128 random bits.
std::string new_idempotency_key() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::random_device entropy;
    std::string key = "runwatch-";
    for (int word = 0; word < 4; ++word)
        for (auto [bits, left] = std::pair{entropy(), 8}; left > 0; --left, bits >>= 4U)
            key += digits[bits & 0xFU];
    return key;
}

/// Defines an option that adds an order, in the order of the command line.
void add_order_option(CLI::App& command, std::string const& name, std::string const& type,
                      result<run_order> (*read)(std::string_view), run_options& options, std::string const& text) {
    command
        .add_option_function<std::string>(
            name,
            [name, read, &options](std::string const& given) {
                auto order = read(given);
                if (!order)
                    throw CLI::ValidationError(name, order.error().message);
                options.orders.push_back(*std::move(order));
            },
            text)
        ->type_name(type)
        ->allow_extra_args(false)
        ->trigger_on_parse();
}

/// Throws usage_error for an option that promises something of results, for which nobody waits by this one.
void refuse_what_waits(CLI::App const& command, std::string const& without_wait) {
    for (auto const* name : {"--any", "--fail-fast", "--junit", "--sink", "--require-delivery"})
        if (command.get_option(name)->count() != 0)
            throw usage_error{without_wait + " waits for no result, so that " + std::string{name} + " cannot be kept"};
}

exit_status run(run_options options, instant started) {
    if (options.orders.empty())
        throw usage_error{
            "name what to run with --test TEST_ID or --suite NAME, each as often as you like; for runs that "
            "are there already use 'runwatch wait'"};
    wait_subject subject;
    subject.detached = options.detach || options.wait.hand_over;
    subject.orders = std::move(options.orders);
    for (auto& order : subject.orders) {
        order.version = options.version;
        order.idempotency_key = new_idempotency_key();
    }
    wait_setup setup{std::move(options.wait), started};
    return setup.wait_for(std::move(subject));
}

} // namespace

void add_run(CLI::App& program, action& chosen, instant started) {
    auto* const command = program.add_subcommand("run", "Start tests or suites, then wait for their runs");
    command->footer(std::string{exit_status_help} + examples);
    auto const options = std::make_shared<run_options>();
    add_order_option(*command, "--test", "TEST_ID", parse_test, *options, "Start a run of this test; may be repeated");
    add_order_option(*command, "--suite", "NAME", parse_suite, *options,
                     "Start a run of each test in this suite; may be repeated");
    command
        ->add_option_function<std::string>(
            "--version",
            [&version = options->version](std::string const& given) {
                if (trim(given).empty())
                    throw CLI::ValidationError("--version",
                                               "it is empty; leave it out for the version that the test names");
                version = given;
            },
            "The version of the assistant to test (destination_version_id)")
        ->type_name("ID");
    auto* const detach = command->add_flag("--detach", options->detach,
                                           "Print what was started, a TEST_ID/RUN_ID a line, and wait for nothing");
    add_wait_options(*command, options->wait);
    add_hand_over_options(*command, options->wait,
                          "Leave what was started to a running daemon, print it as --detach does, and wait for nothing")
        ->excludes(detach);
    command->callback([&chosen, command, options, started] {
        if (options->detach)
            refuse_what_waits(*command, "--detach");
        if (options->wait.hand_over)
            refuse_what_waits(*command, "--hand-over");
        chosen = [options, started] { return static_cast<int>(run(std::move(*options), started)); };
    });
}

} // namespace runwatch::cli
