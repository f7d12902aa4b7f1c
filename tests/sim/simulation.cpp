#include "sim/simulation.hpp"

namespace runwatch::sim {

simulation::play_through::play_through(scenario const& play, std::string const& api_key)
    : service(play, epoch, api_key), counts(play.record_times) {}

simulation::simulation(scenario const& play, std::string api_key)
    : play_(play), api_key_(std::move(api_key)), play_through_(std::make_unique<play_through>(play, api_key_)) {}

duration simulation::now() const { return std::chrono::floor<duration>(boottime_clock::now() - play_through_->began); }

answer simulation::answer_to(request const& asked) {
    if (asked.target.starts_with("/sim/"))
        return serve_controls(asked);
    auto const time = now();
    auto reply = play_through_->service.handle(asked, time);
    play_through_->counts.note_request(asked, reply, time);
    return reply;
}

void simulation::note_answer(answer const& reply) { play_through_->counts.note_answer(reply, now()); }

std::string const& simulation::date() {
    auto const time = play_through_->service.time_of_day(now());
    auto const second = std::chrono::floor<std::chrono::seconds>(time);
    if (second != date_of_ || date_.empty()) {
        date_of_ = second;
        date_ = http_date(time);
    }
    return date_;
}

std::string simulation::report_json(bool with_runs) const {
    auto const& current = *play_through_;
    return current.counts.to_json(current.service.state(), current.epoch, now(), with_runs);
}

answer simulation::serve_controls(request const& asked) {
    answer reply;
    reply.counted = false;
    if (asked.method == "GET" && asked.target == "/sim/report") {
        reply.body = report_json(true);
    } else if (asked.method == "GET" && asked.target == "/sim/report?runs=false") {
        reply.body = report_json(false);
    } else if (asked.method == "GET" && asked.target == "/sim/runs") {
        reply.body = play_through_->service.runs_json(now());
    } else if (asked.method == "POST" && asked.target == "/sim/reset") {
        play_through_ = std::make_unique<play_through>(play_, api_key_);
        reply.status = 204;
    } else {
        reply.status = 404;
        reply.body = render_error(404, "The stand-in has GET /sim/report, GET /sim/runs and POST /sim/reset.");
    }
    return reply;
}

} // namespace runwatch::sim
