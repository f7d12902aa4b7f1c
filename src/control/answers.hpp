#pragma once

#include "runwatch/http_client.hpp"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace runwatch::control {

/// Why a request is not done, as it is answered: a status from 400 on, and one line that says what is wrong and what to
/// do. Whatever in it came with the request is printable.
class refusal : public std::runtime_error {
public:
    refusal(unsigned status_, std::string const& message, std::vector<http_header> headers_ = {})
        : std::runtime_error(message), status(status_), headers(std::move(headers_)) {}

    unsigned status;
    std::vector<http_header> headers;
};

/// An answer in JSON.
http_response json_answer(unsigned status, std::string json);

/// `{"error": "…"}`.
http_response error_answer(unsigned status, std::string const& message, std::vector<http_header> const& headers = {});

} // namespace runwatch::control
