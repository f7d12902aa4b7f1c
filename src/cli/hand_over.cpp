#include "cli/hand_over.hpp"

#include "cli/daemon_answers.hpp"
#include "cli/usage_error.hpp"
#include "cli/watch_request.hpp"
#include "runwatch/json_text.hpp"

#include <algorithm>
#include <iterator>

namespace runwatch::cli {

void hand_over::check() const {
    std::string phase;
    try {
        phase = json_string(json_member(daemon_.ask("GET", "/v1/status"), "phase"));
        if (phase != "starting" && phase != "ready" && phase != "draining")
            throw daemon_.stranger();
    } catch (std::exception const& error) {
        throw hand_over_error{"--hand-over: " + std::string{error.what()}};
    }
    if (phase == "draining")
        throw hand_over_error{"--hand-over: the daemon at " + where() + " is about to end: try again once it is back"};
}

handed_over hand_over::give(std::vector<run_key> const& runs) const {
    handed_over outcome;
    std::vector<std::string> refs;
    refs.reserve(runs.size());
    std::ranges::transform(runs, std::back_inserter(refs), [](run_key const& key) { return key.ref(); });
    std::size_t given = 0;
    try {
        for (auto const& body : watch_requests(refs, {}, {})) {
            auto const answer = daemon_.ask("POST", watches_path, body);
            if (json_member(answer, "watches").empty())
                throw daemon_.stranger();
            outcome.reported += read_objects(json_member(answer, "already_reported")).size();
            given = std::min(given + most_watches_at_once, runs.size());
        }
    } catch (daemon_error const& error) {
        outcome.trouble = error.what();
        outcome.may_pass = true;
    } catch (std::exception const& error) {
        outcome.trouble = error.what();
    }
    outcome.taken.assign(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(given));
    return outcome;
}

} // namespace runwatch::cli
