#include "runwatch/run.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace runwatch {
namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

bool equal_ignoring_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

constexpr std::array<std::pair<run_status, std::string_view>, 6> spellings{{{run_status::pending, "pending"},
                                                                            {run_status::starting, "starting"},
                                                                            {run_status::running, "running"},
                                                                            {run_status::passed, "passed"},
                                                                            {run_status::failed, "failed"},
                                                                            {run_status::error, "error"}}};

} // namespace

std::string run_key::ref() const { return test_id + '/' + run_id; }

std::string run_key::canonical() const {
    auto text = ref();
    std::ranges::transform(text, text.begin(), lower);
    return text;
}

bool operator==(run_key const& a, run_key const& b) {
    return equal_ignoring_case(a.run_id, b.run_id) && equal_ignoring_case(a.test_id, b.test_id);
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
    // FNV-1a over the canonical text, without making a copy of it.
    std::size_t digest = 0xcbf29ce484222325;
    auto const mix = [&digest](std::string_view text) {
        for (auto const letter : text) {
            digest ^= static_cast<unsigned char>(runwatch::lower(letter));
            digest *= 0x100000001b3;
        }
    };
    mix(key.test_id);
    mix("/");
    mix(key.run_id);
    return digest;
}
