#include "runwatch/api_key.hpp"

#include "runwatch/http_client.hpp"

#include <algorithm>
#include <utility>

namespace runwatch {
namespace {

/// A key is short; what is longer is none.
constexpr std::size_t longest_key = 4096;

} // namespace

bool is_api_key(std::string_view text) {
    return !text.empty() && text.size() <= longest_key &&
           std::ranges::all_of(text, [](unsigned char letter) { return letter > ' ' && letter < 0x7F; });
}

api_key::api_key(secret_source source) : source_(std::move(source)), key_(read()) {}

secret const& api_key::current() {
    if (source_.changed())
        read_again();
    return key_;
}

bool api_key::renew(secret const& refused) {
    read_again();
    return key_.reveal() != refused.reveal();
}

secret api_key::read() {
    auto text = source_.read();
    if (!is_api_key(text.reveal()))
        throw config_error{source_.where() + " holds no API key: " + std::string{api_key_rule}};
    return text;
}

void api_key::read_again() {
    try {
        key_ = read();
        trouble_.clear();
    } catch (config_error const& error) {
        trouble_ = error.what();
    }
}

} // namespace runwatch
