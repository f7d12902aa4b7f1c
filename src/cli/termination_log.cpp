#include "cli/termination_log.hpp"

#include "cli/terminal.hpp"

#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace runwatch::cli {
namespace {

constexpr auto usual_path = "/dev/termination-log";

/// The first so many bytes at most, without a part of a character of UTF-8 at the end.
std::string_view cut(std::string_view text, std::size_t most) {
    if (text.size() <= most)
        return text;
    while (most != 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
        --most;
    return text.substr(0, most);
}

} // namespace

void write_termination_log(std::string_view text) {
    auto const named = environment("RUNWATCH_TERMINATION_LOG");
    auto const path = named.empty() ? std::string{usual_path} : named;
    // A pipe that nobody reads must not hold up the end.
    auto const file = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return;
    text = cut(text, longest_termination_text);
    // There is nobody to tell that it failed.
    static_cast<void>(::write(file, text.data(), text.size()) < 0);
    ::close(file);
}

} // namespace runwatch::cli
