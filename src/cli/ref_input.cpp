#include "cli/ref_input.hpp"

#include "cli/usage_error.hpp"
#include "runwatch/telnyx.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <poll.h>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace runwatch::cli {
namespace {

/// Reads standard input to its end; nothing when the deadline came first.
std::optional<std::string> read_standard_input(instant deadline) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
        auto const left = std::chrono::ceil<duration>(deadline - boottime_clock::now());
        pollfd ready{STDIN_FILENO, POLLIN, 0};
        auto const wait = static_cast<int>(std::clamp<duration::rep>(left.count(), 0, 60'000));
        auto const count = ::poll(&ready, 1, wait);
        if (count == 0 && left.count() <= 60'000)
            return std::nullopt;
        if (count <= 0)
            continue;
        auto const read = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (read == 0)
            return text;
        if (read > 0)
            text.append(buffer.data(), static_cast<std::size_t>(read));
        else if (errno != EINTR && errno != EAGAIN)
            throw usage_error{"standard input cannot be read: " + std::string{std::strerror(errno)}};
    }
}

std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        if (auto const ref = trim(line); !ref.empty() && ref.front() != '#')
            lines.emplace_back(ref);
    return lines;
}

} // namespace

std::optional<std::vector<ref_text>> read_ref_texts(std::vector<std::string> const& refs, instant deadline) {
    std::vector<ref_text> texts;
    bool input_was_read = false;
    for (auto const& ref : refs) {
        if (ref != "-") {
            texts.push_back({ref, ""});
            continue;
        }
        if (std::exchange(input_was_read, true))
            continue;
        auto const input = read_standard_input(deadline);
        if (!input)
            return std::nullopt;
        auto const lines = lines_of(*input);
        if (lines.empty())
            throw usage_error{"standard input names no run: write one REF a line, TEST_ID/RUN_ID"};
        for (auto const& line : lines)
            texts.push_back({line, "on standard input: "});
    }
    return texts;
}

run_key read_any_ref(ref_text const& ref) {
    constexpr std::string_view path = "/ai/assistants/tests/";
    auto const is_url = trim(ref.text).starts_with("http");
    auto const base = is_url ? ref.text.substr(0, std::min(ref.text.find(path), ref.text.size())) : std::string{};
    std::string base_url{telnyx_public_api};
    try {
        if (!base.empty())
            base_url = plain_base_url(trim(base));
    } catch (config_error const& wrong) {
        throw usage_error{ref.where + wrong.what()};
    }
    auto const key = parse_ref(ref.text, base_url);
    if (!key)
        throw usage_error{ref.where + key.error().message};
    return *key;
}

} // namespace runwatch::cli
