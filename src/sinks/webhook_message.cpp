#include "sinks/webhook_message.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/url.hpp"
#include "sinks/chat_message.hpp"

#include <string_view>

namespace runwatch {
namespace {

/// The source is the test, by its path in the API; the subject is the run of it.
std::string cloud_event(run_result const& result) {
    auto const json = to_json(result);
    return R"({"specversion":"1.0","id":")" + result_id(result.key, result.ended) +
           R"(","source":"/ai/assistants/tests/)" + percent_encoded(result.key.test_id) + R"(","type":")" +
           result_type(result.ended) + R"(","subject":")" + percent_encoded(result.key.run_id) + R"(","time":")" +
           format_timestamp(result.detected_at) + R"(","datacontenttype":"application/json","data":)" +
           std::string{json_member(json, "data")} + '}';
}

} // namespace

bool is_chat(webhook_format format) {
    return format != webhook_format::standard && format != webhook_format::cloudevents;
}

webhook_message to_message(run_result const& result, webhook_format format, log_limit logs) {
    switch (format) {
    case webhook_format::cloudevents:
        return {"application/cloudevents+json", cloud_event(with_limited_logs(result, logs))};
    case webhook_format::slack:
        return {"application/json", slack_message(result)};
    case webhook_format::discord:
        return {"application/json", discord_message(result)};
    case webhook_format::teams:
        return {"application/json", teams_message(result)};
    case webhook_format::standard:
        break;
    }
    return {"application/json", to_json(with_limited_logs(result, logs))};
}

} // namespace runwatch
