#include "sinks/signing_keys.hpp"

#include "runwatch/http_client.hpp"
#include "sinks/webhook_signature.hpp"

#include <utility>

namespace runwatch {

signing_keys::signing_keys(std::vector<secret_source> sources) {
    for (auto& source : sources) {
        entries_.push_back(entry{std::move(source), secret{}, secret{}});
        read(entries_.back());
    }
    current();
}

std::vector<secret> signing_keys::current() {
    std::vector<secret> keys;
    for (auto& each : entries_) {
        if (each.source.changed())
            read(each);
        if (each.key.empty())
            throw config_error{each.source.where() +
                               " holds no webhook secret: write whsec_ and base64 of 24 to 64 random bytes"};
        keys.push_back(each.key);
    }
    return keys;
}

std::vector<secret> signing_keys::texts() const {
    std::vector<secret> all;
    for (auto const& each : entries_)
        all.push_back(each.text);
    return all;
}

void signing_keys::read(entry& of) {
    // Until it can be read there is no key: the old one may be what somebody wants to be rid of.
    of.key = secret{};
    of.text = of.source.read();
    of.key = signing_key(of.text).value_or(secret{});
}

} // namespace runwatch
