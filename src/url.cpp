#include "runwatch/url.hpp"

#include <boost/url/grammar/charset.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <cstddef>

namespace urls = boost::urls;

namespace runwatch {

void append_percent_encoded(std::string& url, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    while (!text.empty()) {
        // Nearly all of a usual name stands for itself.
        auto const plain = static_cast<std::size_t>(
            urls::grammar::find_if_not(text.data(), text.data() + text.size(), urls::unreserved_chars) - text.data());
        url.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty())
            return;
        auto const byte = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        url += '%';
        url += digits[byte >> 4U];
        url += digits[byte & 0xFU];
    }
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    append_percent_encoded(encoded, text);
    return encoded;
}

} // namespace runwatch
