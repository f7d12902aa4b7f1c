#include "sim/damage.hpp"

#include "sim/randomness.hpp"

namespace runwatch::sim {
namespace {

std::string garbage(std::uint64_t seed) {
    std::string bytes;
    for (std::uint64_t place = 0; place != 512; ++place)
        bytes += static_cast<char>(derive_seed(seed, place) & 0xffU);
    return bytes;
}

void replace_body(answer& reply, fault const& struck, std::uint64_t seed) {
    switch (struck.body) {
    case body_kind::own:
        break;
    case body_kind::html:
        reply.body = render_gateway_page(reply.status);
        reply.content_type = "text/html";
        break;
    case body_kind::empty:
        reply.body.clear();
        reply.content_type.clear();
        break;
    case body_kind::garbage:
        reply.body = garbage(seed);
        break;
    case body_kind::truncated:
        reply.body.resize(reply.body.size() / 2);
        break;
    case body_kind::text:
        reply.body = struck.body_text;
        reply.content_type = "text/plain";
        break;
    }
    if (struck.raw_body)
        reply.body = *struck.raw_body;
    if (struck.content_type)
        reply.content_type = *struck.content_type;
}

} // namespace

answer answer_instead(fault const& struck) {
    answer reply;
    if (struck.redirect) {
        reply.status = struck.status.value_or(302);
        reply.headers.emplace_back("Location", *struck.redirect);
        reply.body = render_gateway_page(reply.status);
        reply.content_type = "text/html";
    } else if (struck.detail_422) {
        reply.status = struck.status.value_or(422);
        reply.body = render_validation_error("path", "run_id", "Input should be a valid UUID", "uuid_parsing");
    } else {
        reply.status = struck.status.value_or(500);
        reply.body = render_error(reply.status, "The stand-in was told to answer so.");
    }
    return reply;
}

run_tweaks tweaks_of(fault const& struck) {
    run_tweaks tweaks;
    tweaks.status_value = struck.status_value ? &*struck.status_value : nullptr;
    tweaks.no_status = struck.no_status;
    tweaks.other_run = struck.other_run;
    tweaks.logs_bytes = struck.logs_bytes;
    return tweaks;
}

void damage(answer& reply, fault const& struck, timestamp now, std::uint64_t seed) {
    if (struck.status)
        reply.status = *struck.status;
    replace_body(reply, struck, seed);
    if (struck.retry_after_date)
        reply.headers.emplace_back("Retry-After", http_date(now + *struck.retry_after_date));
    for (auto const& header : struck.headers)
        reply.headers.push_back(header);
    if (struck.header_bytes > 0)
        reply.headers.emplace_back("x-padding", std::string(struck.header_bytes, 'a'));
    reply.delay += struck.delay;
    reply.trickle = struck.trickle;
    reply.hang = struck.hang;
    reply.cut = struck.cut;
    reply.reset = struck.reset;
    if (struck.hides_run() && reply.asked)
        reply.asked->terminal = false;
    if (struck.hides_run())
        reply.listed.clear();
}

} // namespace runwatch::sim
