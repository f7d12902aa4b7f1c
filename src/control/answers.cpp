#include "control/answers.hpp"

#include "runwatch/json_text.hpp"

namespace runwatch::control {

http_response json_answer(unsigned status, std::string json) {
    http_response answer;
    answer.status = status;
    answer.headers.emplace_back("Content-Type", "application/json");
    answer.headers.emplace_back("Cache-Control", "no-store");
    answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
    answer.body = std::move(json);
    answer.body += '\n';
    return answer;
}

http_response error_answer(unsigned status, std::string const& message, std::vector<http_header> const& headers) {
    auto answer = json_answer(status, R"({"error":)" + json_quote(message) + '}');
    answer.headers.insert(answer.headers.end(), headers.begin(), headers.end());
    return answer;
}

} // namespace runwatch::control
