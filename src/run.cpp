#include "runwatch/run.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace runwatch {
namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

constexpr std::array<std::pair<run_status, std::string_view>, 6> spellings{{{run_status::pending, "pending"},
                                                                            {run_status::starting, "starting"},
                                                                            {run_status::running, "running"},
                                                                            {run_status::passed, "passed"},
                                                                            {run_status::failed, "failed"},
                                                                            {run_status::error, "error"}}};

} // namespace

std::string canonical_id(std::string_view id) {
    std::string text{id};
    std::ranges::transform(text, text.begin(), lower);
    return text;
}

bool same_id(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::size_t hash_ids(std::string_view test_id, std::string_view run_id) {
    // FNV-1a over the canonical text, without making a copy of it.
    std::size_t digest = 0xcbf29ce484222325;
    auto const mix = [&digest](std::string_view text) {
        for (auto const letter : text) {
            digest ^= static_cast<unsigned char>(lower(letter));
            digest *= 0x100000001b3;
        }
    };
    mix(test_id);
    mix("/");
    mix(run_id);
    return digest;
}

std::string run_key::ref() const { return test_id + '/' + run_id; }

std::string run_key::canonical() const { return canonical_id(ref()); }

bool operator==(run_key const& a, run_key const& b) {
    return same_id(a.run_id, b.run_id) && same_id(a.test_id, b.test_id);
}

run_status parse_status(std::string_view text) {
    for (auto const& [status, spelling] : spellings)
        if (spelling == text)
            return status;
    return run_status::unknown;
}

std::string_view to_string(run_status status) {
    for (auto const& [each, spelling] : spellings)
        if (each == status)
            return spelling;
    return "unknown";
}

bool is_terminal(run_status status) {
    return status == run_status::passed || status == run_status::failed || status == run_status::error;
}

} // namespace runwatch

std::size_t std::hash<runwatch::run_key>::operator()(runwatch::run_key const& key) const noexcept {
    return runwatch::hash_ids(key.test_id, key.run_id);
}
