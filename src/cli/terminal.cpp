#include "cli/terminal.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace runwatch::cli {

void keep_standard_streams() {
    for (auto const stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF)
            // The lowest free number is this one. Opened the wrong way round, its use stays an error.
            ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void output::write(std::string_view text) {
    while (!text.empty() && error_ == 0) {
        auto const written = ::write(descriptor_, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            // Somebody made the terminal or pipe that we share non-blocking.
            pollfd ready{descriptor_, POLLOUT, 0};
            ::poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            error_ = errno;
        }
    }
}

bool output::is_terminal() const { return ::isatty(descriptor_) == 1; }

void print(std::string_view text) {
    output standard_output{STDOUT_FILENO};
    standard_output.write(text);
    if (standard_output.error() != 0 && standard_output.error() != EPIPE)
        throw output_error{"standard output could not be written: " +
                           std::string{std::strerror(standard_output.error())}};
}

void say(std::string const& text) {
    output standard_error{STDERR_FILENO};
    standard_error.write("runwatch: " + text + '\n');
}

terminal_size size_of_terminal(int descriptor) {
    terminal_size size;
    winsize window{};
    if (::ioctl(descriptor, TIOCGWINSZ, &window) == 0) {
        if (window.ws_col != 0)
            size.columns = window.ws_col;
        if (window.ws_row != 0)
            size.rows = window.ws_row;
    }
    return size;
}

std::string environment(char const* name) {
    auto const* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

} // namespace runwatch::cli
