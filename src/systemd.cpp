#include "runwatch/systemd.hpp"

#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
// Where in the code an entry is written helps nobody who reads it.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <cstdint>
#include <cstdlib>
#include <tuple>
#include <vector>

namespace runwatch::systemd {

bool wants_notes() {
    auto const* const socket = std::getenv("NOTIFY_SOCKET");
    return socket != nullptr && *socket != '\0';
}

void notify(std::string const& lines) { std::ignore = ::sd_notify(0, lines.c_str()); }

std::optional<duration> watchdog_limit() {
    std::uint64_t limit = 0;
    if (::sd_watchdog_enabled(0, &limit) <= 0)
        return std::nullopt;
    return std::chrono::floor<duration>(std::chrono::microseconds{limit});
}

std::vector<int> take_sockets() {
    std::vector<int> sockets;
    // They are not to be taken for those of a command that we start.
    auto const count = ::sd_listen_fds(1);
    for (auto number = 0; number < count; ++number)
        sockets.push_back(SD_LISTEN_FDS_START + number);
    return sockets;
}

bool is_journal(int descriptor) {
    auto const* const stream = std::getenv("JOURNAL_STREAM");

    struct stat found {};

    // Where the socket is out of sight, lines on the stream arrive all the same.
    return stream != nullptr && ::access("/run/systemd/journal/socket", W_OK) == 0 &&
           ::fstat(descriptor, &found) == 0 &&
           std::to_string(found.st_dev) + ':' + std::to_string(found.st_ino) == stream;
}

void write_to_journal(std::span<std::string_view const> fields) {
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (auto const field : fields)
        // What is sent is only read.
        parts.push_back({const_cast<char*>(field.data()), field.size()});
    std::ignore = ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

} // namespace runwatch::systemd
