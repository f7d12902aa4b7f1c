#pragma once

#include <csignal>

namespace runwatch {

/// Blocks every signal in this thread until it goes: a thread that is started meanwhile inherits that. Signals for the
/// process then reach the loop's thread alone, and a write to a pipe that nobody reads is an error there, not a signal.
class signals_blocked {
public:
    signals_blocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }

    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    signals_blocked(signals_blocked const&) = delete;
    signals_blocked& operator=(signals_blocked const&) = delete;

private:
    sigset_t before_{};
};

} // namespace runwatch
