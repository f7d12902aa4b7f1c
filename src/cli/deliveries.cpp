#include "cli/commands.hpp"

#include "cli/daemon_answers.hpp"
#include "cli/daemon_option.hpp"
#include "cli/delivery_table.hpp"
#include "cli/named_state.hpp"
#include "cli/remote_deliveries.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"
#include "runwatch/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace runwatch::cli {
namespace {

constexpr std::array all_states{delivery_state::pending, delivery_state::dead, delivery_state::orphaned,
                                delivery_state::delivered, delivery_state::dropped};

/// Those of deliveries that somebody may still have to do something about.
constexpr std::array open_states{delivery_state::pending, delivery_state::dead, delivery_state::orphaned};

constexpr auto states_footer = R"(A delivery is one result that one sink is to get:
  pending    it is sent when its time has come, again and again if need be
  dead       it was given up, after the last retry or a permanent refusal
  orphaned   its sink has left the config; it is sent if the sink returns
  delivered  the sink has taken it
  dropped    it was ended by hand

All of this works beside a running daemon and without one, on the config's state
file; with --address a daemon elsewhere is asked instead.)";

constexpr auto status_footer = R"(
Exit status:
  0    done, however many there were
  1    the state file cannot be used, or the daemon cannot be asked
  64   wrong usage, an unknown ID or sink
  78   wrong configuration)";

constexpr auto list_examples = R"(
Examples:
  runwatch deliveries list
  runwatch deliveries list --sink ops --state dead
  runwatch deliveries list --all --json | jq -r '.[].result.id')";

constexpr auto retry_examples = R"(
Examples:
  runwatch deliveries retry 12 15
  runwatch deliveries retry --sink ops)";

constexpr auto drop_examples = R"(
Examples:
  runwatch deliveries drop 12 15
  runwatch deliveries drop --sink old-sink --state orphaned)";

/// A daemon writes to its disk first.
constexpr duration patience{30'000};

/// Which deliveries a command line means.
struct selection {
    daemon_options daemon;
    std::vector<std::string> ids;
    std::string sink;
    std::string states;
    bool all = false;
    bool json = false;
};

timestamp now() { return std::chrono::floor<duration>(std::chrono::system_clock::now()); }

std::vector<std::int64_t> read_ids(std::vector<std::string> const& texts) {
    std::vector<std::int64_t> ids;
    for (auto const& text : texts) {
        std::int64_t id = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (error != std::errc{} || end != text.data() + text.size() || id <= 0)
            throw usage_error{'"' + to_printable(text) +
                              "\" is no ID of a delivery: write the number that runwatch deliveries list shows"};
        if (std::ranges::find(ids, id) == ids.end())
            ids.push_back(id);
    }
    return ids;
}

template <std::size_t count>
std::vector<delivery_state> read_states(std::string const& texts, std::array<delivery_state, count> const& allowed) {
    std::vector<delivery_state> states;
    std::istringstream in{texts};
    for (std::string word; std::getline(in, word, ',');) {
        auto const spelt = [](delivery_state state) { return to_string(state); };
        auto const found = std::ranges::find(allowed, word, spelt);
        if (found == allowed.end()) {
            std::string words;
            for (auto const state : allowed)
                words.append(words.empty() ? "" : ", ").append(to_string(state));
            throw usage_error{"--state: \"" + to_printable(word) + "\" is none of " + words};
        }
        states.push_back(*found);
    }
    return states;
}

/// What a selection means. Throws usage_error if it names a sink that does not exist.
delivery_filter filter_of(selection const& chosen, named_state const& state) {
    delivery_filter filter;
    filter.ids = read_ids(chosen.ids);
    filter.sink = chosen.sink;
    if (!chosen.sink.empty())
        state.check_sink(chosen.sink);
    return filter;
}

/// The deliveries that are named by their IDs, whatever else is asked for. Throws usage_error if one does not exist.
std::vector<listed_delivery> named_deliveries(state_reader const& reader, delivery_filter const& chosen) {
    if (chosen.ids.empty())
        return {};
    delivery_filter filter;
    filter.ids = chosen.ids;
    auto found = reader.deliveries(filter);
    for (auto const id : chosen.ids)
        if (std::ranges::find(found, id, &listed_delivery::id) == found.end())
            throw usage_error{"there is no delivery with the ID " + std::to_string(id)};
    return found;
}

std::string these(std::size_t number) { return counted(number, "delivery is ", "deliveries are "); }

/// Says of which of these nothing became, as they are in another state.
void say_left_out(std::vector<listed_delivery> const& named, std::span<delivery_state const> taken,
                  std::string const& why) {
    for (auto const& each : named)
        if (std::ranges::find(taken, each.state) == taken.end())
            say("delivery " + std::to_string(each.id) + " is " + std::string{to_string(each.state)} + why);
}

/// Says what keeps deliveries that are due from being sent.
void say_what_keeps(named_state const& state, selection const& chosen, std::vector<listed_delivery> const& named) {
    for (auto const& [name, why] : state.stopped()) {
        auto const is_meant = chosen.sink == name || (chosen.sink.empty() && named.empty()) ||
                              std::ranges::find(named, name, &listed_delivery::sink) != named.end();
        if (is_meant)
            say(stopped_note(name, why));
    }
    if (!state.reader.owner())
        say("no daemon runs with this state: they are sent once one does");
}

std::size_t columns() { return output{STDOUT_FILENO}.is_terminal() ? size_of_terminal(STDOUT_FILENO).columns : 0; }

/// A daemon that was named by its address.
remote_deliveries remote(selection const& chosen) {
    return remote_deliveries{require_daemon(chosen.daemon, token_need::some, patience)};
}

int list_remote(selection const& chosen, std::vector<delivery_state> states) {
    auto const daemon = remote(chosen);
    delivery_filter filter;
    filter.ids = read_ids(chosen.ids);
    filter.sink = chosen.sink;
    filter.states = std::move(states);
    auto const found = daemon.list(filter);
    if (chosen.json) {
        print(as_json_array(found));
        return 0;
    }
    std::vector<listed_delivery> deliveries;
    for (auto const& each : found)
        deliveries.push_back(read_delivery(each));
    print(delivery_table(deliveries, daemon.stopped(), now(), columns()));
    return 0;
}

int list(selection const& chosen) {
    auto states = read_states(chosen.states, all_states);
    if (states.empty() && !chosen.all && chosen.ids.empty())
        states.assign(open_states.begin(), open_states.end());
    if (chosen.all)
        states.assign(all_states.begin(), all_states.end());
    if (!chosen.daemon.address.empty())
        return list_remote(chosen, std::move(states));
    named_state const state{chosen.daemon.config};
    auto filter = filter_of(chosen, state);
    named_deliveries(state.reader, filter);
    filter.states = std::move(states);
    auto const found = state.reader.deliveries(filter);
    if (chosen.json) {
        print(delivery_json(found));
        return 0;
    }
    print(delivery_table(found, state.stopped(), now(), columns()));
    return 0;
}

/// Throws usage_error unless something was chosen: nobody shall act on everything by an oversight.
void require_choice(selection const& chosen, std::string const& verb) {
    if (chosen.ids.empty() && chosen.sink.empty() && !chosen.all)
        throw usage_error{"say which deliveries to " + verb + ": IDs, --sink NAME, or --all"};
}

int retry(selection const& chosen) {
    require_choice(chosen, "retry");
    if (!chosen.daemon.address.empty()) {
        delivery_filter filter;
        filter.ids = read_ids(chosen.ids);
        filter.sink = chosen.sink;
        print(these(remote(chosen).retry(filter)) + "due again\n");
        return 0;
    }
    named_state const state{chosen.daemon.config};
    auto filter = filter_of(chosen, state);
    auto const named = named_deliveries(state.reader, filter);
    filter.states = {delivery_state::pending, delivery_state::dead};
    auto const retried = state.editor.retry(filter, now());
    print(these(retried) + "due again\n");
    say_left_out(named, filter.states, ": only pending and dead ones can be retried");
    filter.states = {delivery_state::dead};
    if (auto const left = state.reader.deliveries(filter); !left.empty())
        say(these(left.size()) + "still dead, of sinks that are not in the config as a daemon last read it");
    if (retried != 0)
        say_what_keeps(state, chosen, named);
    return 0;
}

int drop(selection const& chosen) {
    require_choice(chosen, "drop");
    auto const states = read_states(chosen.states, open_states);
    if (!chosen.daemon.address.empty()) {
        delivery_filter filter;
        filter.ids = read_ids(chosen.ids);
        filter.sink = chosen.sink;
        filter.states = states;
        print(these(remote(chosen).drop(filter)) + "dropped\n");
        return 0;
    }
    named_state const state{chosen.daemon.config};
    auto filter = filter_of(chosen, state);
    auto const named = named_deliveries(state.reader, filter);
    filter.states = states;
    print(these(state.editor.drop(filter)) + "dropped\n");
    say_left_out(named, open_states, " already");
    return 0;
}

using work = int (*)(selection const& chosen);

CLI::App& add_one(CLI::App& within, action& chosen, std::string const& name, std::string const& description, work does,
                  std::shared_ptr<selection> const& what, char const* examples) {
    auto* const command = within.add_subcommand(name, description);
    command->footer(std::string{states_footer} + '\n' + status_footer + '\n' + examples);
    command->add_option("ID", what->ids, "Only these, by the numbers that list shows")->type_name("");
    add_daemon_options(*command, what->daemon, token_need::some);
    command->get_option("--address")
        ->description("Ask the daemon whose API is reached here, HOST:PORT or unix:/PATH, instead of the state file "
                      "that the config names");
    command->add_option("--sink", what->sink, "Only those of this sink")->type_name("NAME");
    command->callback([&chosen, does, what] { chosen = [does, what] { return does(*what); }; });
    return *command;
}

} // namespace

void add_deliveries(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("deliveries", "List, retry or drop what sinks are still to get");
    command->require_subcommand(1);
    command->footer(states_footer);
    auto const listed = std::make_shared<selection>();
    auto& list_command =
        add_one(*command, chosen, "list", "Show what is not yet delivered", list, listed, list_examples);
    auto* const states =
        list_command
            .add_option("--state", listed->states,
                        "Only those in these states, separated by commas (default: pending,dead,orphaned)")
            ->type_name("STATE");
    list_command.add_flag("--all,-a", listed->all, "Those in every state")->excludes(states);
    list_command.add_flag("--json", listed->json, "Print a JSON array");

    auto const retried = std::make_shared<selection>();
    add_one(*command, chosen, "retry", "Make pending and dead deliveries due now", retry, retried, retry_examples)
        .add_flag("--all,-a", retried->all, "All that are pending or dead");

    auto const dropped = std::make_shared<selection>();
    auto& drop_command = add_one(*command, chosen, "drop", "End deliveries that are pending, dead or orphaned for good",
                                 drop, dropped, drop_examples);
    drop_command
        .add_option("--state", dropped->states,
                    "Only those in these states, separated by commas (default: pending,dead,orphaned)")
        ->type_name("STATE");
    drop_command.add_flag("--all,-a", dropped->all, "All that are pending, dead or orphaned");
}

} // namespace runwatch::cli
