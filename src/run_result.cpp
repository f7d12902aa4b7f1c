#include "runwatch/run_result.hpp"

#include "runwatch/json_text.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace runwatch {
namespace {

/// Fixed for ever: receivers recognise results by ids derived from it. 6a4e0c1b-6d1f-5b0e-9a53-0c9f6f1f7a2e.
constexpr boost::uuids::uuid id_namespace{
    {0x6a, 0x4e, 0x0c, 0x1b, 0x6d, 0x1f, 0x5b, 0x0e, 0x9a, 0x53, 0x0c, 0x9f, 0x6f, 0x1f, 0x7a, 0x2e}};

std::string run_json(run_result const& result) {
    if (result.run)
        return result.run->raw;
    return R"({"run_id":)" + json_quote(result.key.run_id) + R"(,"test_id":)" + json_quote(result.key.test_id) + '}';
}

} // namespace

std::string result_type(outcome ended) { return "run." + std::string{to_string(ended)}; }

std::string result_id(run_key const& key, outcome ended) {
    boost::uuids::name_generator_sha1 generate{id_namespace};
    return boost::uuids::to_string(generate(key.canonical() + '/' + result_type(ended)));
}

std::string to_json(run_result const& result) {
    auto text = R"({"id":")" + result_id(result.key, result.ended) + R"(","type":")" + result_type(result.ended) +
                R"(","timestamp":")" + format_timestamp(result.detected_at) + R"(","data":{"run":)" + run_json(result) +
                R"(,"watch":{"labels":)" + json_object(result.labels) + R"(,"first_seen_at":")" +
                format_timestamp(result.first_seen_at) + R"(","detected_at":")" + format_timestamp(result.detected_at) +
                R"(","polls":)" + std::to_string(result.polls) + '}';
    if (result.previous)
        text += R"(,"previous":{"run_id":)" + json_quote(result.previous->run_id) + R"(,"status":")" +
                std::string{to_string(result.previous->ended)} + "\"}";
    if (!result.reason.empty())
        text += R"(,"reason":)" + json_quote(result.reason);
    return text + "}}";
}

duration run_duration(run_result const& result) {
    if (result.run && result.run->created_at && result.run->completed_at &&
        *result.run->completed_at >= *result.run->created_at)
        return *result.run->completed_at - *result.run->created_at;
    return result.detected_at - result.first_seen_at;
}

} // namespace runwatch
