#pragma once

#include "runwatch/time.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What systemd asks of a service and offers to it. Where this process is no service of systemd's, all of it does
/// nothing.
namespace runwatch::systemd {

/// Somebody is told by notify().
bool wants_notes();

/// Tells how the service stands: lines such as `READY=1` and `STATUS=watching 12 runs`, see sd_notify(3). What
/// cannot be told is lost.
void notify(std::string const& lines);

/// Within which time of the last one the next `WATCHDOG=1` must come, or the service is killed; nothing if none need.
std::optional<duration> watchdog_limit();

/// The sockets that systemd listens on in this process's place, see sd_listen_fds(3); whoever asks first owns them.
std::vector<int> take_sockets();

/// What is written to the descriptor goes to the journal, see systemd.exec(5) on $JOURNAL_STREAM.
bool is_journal(int descriptor);

/// Adds an entry to the journal, of fields such as `MESSAGE=ready`. Waits while the journal is behind; what it does not
/// take is lost. Any thread.
void write_to_journal(std::span<std::string_view const> fields);

} // namespace runwatch::systemd
