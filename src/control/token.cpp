#include "control/token.hpp"

#include "runwatch/http_client.hpp"

#include <utility>

namespace runwatch::control {

access_token::access_token(secret_source source) : source_(std::move(source)), token_(source_.read()) {}

bool access_token::matches(std::string_view text) {
    if (source_.changed()) {
        try {
            token_ = source_.read();
        } catch (config_error const&) {
            // The token that was read before still holds.
        }
    }
    return equal_in_constant_time(text, token_.reveal());
}

bool equal_in_constant_time(std::string_view given, std::string_view secret) {
    // Volatile, so that no compiler ends the loop early.
    unsigned volatile differences = given.size() == secret.size() ? 0 : 1;
    for (std::size_t at = 0; at != given.size(); ++at) {
        auto const other = secret.empty() ? '\0' : secret[at % secret.size()];
        differences = differences | (static_cast<unsigned char>(given[at]) ^ static_cast<unsigned char>(other));
    }
    return differences == 0;
}

} // namespace runwatch::control
