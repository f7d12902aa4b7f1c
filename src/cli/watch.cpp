#include "cli/commands.hpp"

#include "cli/daemon_answers.hpp"
#include "cli/daemon_option.hpp"
#include "cli/ref_input.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"
#include "cli/watch_request.hpp"
#include "cli/watch_table.hpp"
#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"
#include "runwatch/url.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace runwatch::cli {
namespace {

constexpr auto status_footer = R"(
Exit status:
  0    done
  1    no daemon can be asked, or it refuses the token; the message says which
  64   wrong usage, a run that does not exist or is not watched
  78   wrong configuration, or one without `http:`)";

constexpr auto add_footer = R"(A REF is TEST_ID/RUN_ID, the run's URL, or - for one a line on standard input.
A run stays watched until it has ended or is removed, over restarts. What was
reported before is not reported again. Where something is wrong with one of them
none is watched; of more than 500, none of its 500 and those behind.
)";

constexpr auto add_examples = R"(
Examples:
  runwatch watch add --label branch=main 182bd5e5-…/84cc1d9e-…
  runwatch run --suite nightly --detach | runwatch watch add -)";

constexpr auto remove_footer = R"(Takes back what watch add or another client of the daemon has asked for. A run
that the config wants, too, is watched on.
)";

/// The daemon writes to its disk first.
constexpr duration patience{30'000};

struct watch_options {
    daemon_options daemon;
    std::vector<std::string> refs;
    std::vector<std::string> labels;
    std::vector<std::string> sinks;
    std::string test;
    bool json = false;
};

std::size_t columns() { return output{STDOUT_FILENO}.is_terminal() ? size_of_terminal(STDOUT_FILENO).columns : 0; }

timestamp now() { return std::chrono::floor<duration>(std::chrono::system_clock::now()); }

std::map<std::string, std::string> read_labels(std::vector<std::string> const& texts) {
    std::map<std::string, std::string> labels;
    for (auto const& text : texts) {
        auto const sign = text.find('=');
        if (sign == std::string::npos || sign == 0)
            throw usage_error{"--label: \"" + to_printable(text) + "\" is no label; write NAME=TEXT"};
        if (!labels.emplace(text.substr(0, sign), text.substr(sign + 1)).second)
            throw usage_error{"--label: \"" + to_printable(text.substr(0, sign)) + "\" is given twice"};
    }
    return labels;
}

std::vector<ref_text> read_refs_of(watch_options const& options) {
    return read_ref_texts(options.refs, instant::max()).value_or(std::vector<ref_text>{});
}

std::string table_of(std::vector<std::string> const& objects) {
    std::vector<watch_record> watches;
    watches.reserve(objects.size());
    for (auto const& each : objects)
        watches.push_back(read_watch(each));
    return watch_table(watches, now(), columns());
}

/// The runs as the daemon is told of them. A REF that makes no sense is told with its place.
std::vector<std::string> runs_of(std::vector<ref_text> const& refs) {
    std::vector<std::string> runs;
    runs.reserve(refs.size());
    for (auto const& ref : refs) {
        auto const key = read_any_ref(ref);
        auto const text = trim(ref.text);
        runs.push_back(text.starts_with("http") ? std::string{text} : key.ref());
    }
    return runs;
}

int add(watch_options const& options) {
    auto const labels = read_labels(options.labels);
    auto const runs = runs_of(read_refs_of(options));
    auto bodies = watch_requests(runs, labels, options.sinks);
    auto const daemon = require_daemon(options.daemon, token_need::some, patience);
    std::vector<std::string> watched;
    std::vector<std::string> reported;
    for (auto& body : bodies) {
        auto const answer = daemon.ask("POST", watches_path, std::move(body));
        for (auto& each : read_objects(json_member(answer, "watches")))
            watched.push_back(std::move(each));
        for (auto& each : read_objects(json_member(answer, "already_reported")))
            reported.push_back(std::move(each));
    }
    if (options.json) {
        print(R"({"watches": )" + as_json_array(watched) + R"(, "already_reported": )" + as_json_array(reported) +
              "}\n");
        return 0;
    }
    if (!watched.empty())
        print(table_of(watched));
    for (auto const& each : reported)
        say(to_printable(read_watch(each).key.ref()) + " is not watched: it was reported before; see runwatch explain");
    return 0;
}

int list(watch_options const& options) {
    auto const daemon = require_daemon(options.daemon, token_need::some, patience);
    auto const filter = options.test.empty() ? std::string{} : "test_id=" + percent_encoded(options.test) + '&';
    auto const watches = ask_for_list(daemon, "/v1/watches?" + filter, "watches");
    print(options.json ? as_json_array(watches) : table_of(watches));
    return 0;
}

int remove(watch_options const& options) {
    constexpr int wrong_usage = 64;
    std::vector<run_key> keys;
    for (auto const& ref : read_refs_of(options))
        keys.push_back(read_any_ref(ref));
    auto const daemon = require_daemon(options.daemon, token_need::some, patience);
    std::vector<std::string> outcomes;
    int status = 0;
    for (auto const& key : keys) {
        auto const shown = to_printable(key.ref());
        try {
            auto const answer =
                daemon.ask("DELETE", "/v1/watches/" + percent_encoded(key.test_id) + '/' + percent_encoded(key.run_id));
            auto const left = json_member(answer, "watch");
            outcomes.push_back(R"({"test_id":)" + json_quote(key.test_id) + R"(,"run_id":)" + json_quote(key.run_id) +
                               R"(,"watch":)" + std::string{left} + '}');
            if (!options.json)
                print(left.starts_with('{') ? shown + " is watched on: the config wants it, too\n"
                                            : shown + " is not watched any more\n");
        } catch (usage_error const& wrong) {
            // It names the run.
            say(wrong.what());
            status = wrong_usage;
        }
    }
    if (options.json)
        print(as_json_array(outcomes));
    return status;
}

using work = int (*)(watch_options const& options);

CLI::App& add_one(CLI::App& within, action& chosen, std::string const& name, std::string const& description, work does,
                  std::shared_ptr<watch_options> const& options, std::string const& footer) {
    auto* const command = within.add_subcommand(name, description);
    command->footer(footer);
    add_daemon_options(*command, options->daemon, token_need::some);
    command->add_flag("--json", options->json, "Print JSON");
    command->callback([&chosen, does, options] { chosen = [does, options] { return does(*options); }; });
    return *command;
}

void add_refs(CLI::App& command, std::vector<std::string>& refs) {
    command.add_option("REF", refs, "The runs, TEST_ID/RUN_ID each")->required()->type_name("");
}

} // namespace

void add_watch(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("watch", "Have a running daemon watch runs, or watch them no more");
    command->require_subcommand(1);
    auto const added = std::make_shared<watch_options>();
    auto& add_command = add_one(*command, chosen, "add", "Watch runs until they have ended", add, added,
                                std::string{add_footer} + status_footer + '\n' + add_examples);
    add_refs(add_command, added->refs);
    add_command.add_option("--label", added->labels, "A label that goes with the result; may be given more than once")
        ->type_name("NAME=TEXT")
        ->allow_extra_args(false);
    add_command.add_option("--sink", added->sinks, "Only to this sink; may be given more than once (default: all)")
        ->type_name("NAME")
        ->allow_extra_args(false);
    auto const listed = std::make_shared<watch_options>();
    add_one(*command, chosen, "list", "Show the runs that are watched", list, listed, status_footer)
        .add_option("--test", listed->test, "Only runs of this test")
        ->type_name("TEST_ID");
    auto const removed = std::make_shared<watch_options>();
    add_refs(add_one(*command, chosen, "remove", "Watch runs no more, without a result", remove, removed,
                     std::string{remove_footer} + status_footer),
             removed->refs);
}

} // namespace runwatch::cli
