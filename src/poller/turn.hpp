#pragma once

#include "runwatch/poller.hpp"

#include <memory>

namespace runwatch {

/// A request of somebody else's, from when it waits for its turn to its end. Ends with the coroutine that it is for,
/// also if that is cancelled.
class poller::turn {
public:
    /// Takes its place behind those that wait.
    explicit turn(poller& of);
    ~turn();

    turn(turn const&) = delete;
    turn& operator=(turn const&) = delete;

    /// Waits until the request may be sent, or the poller was stopped. Throws system_error(operation_aborted) when
    /// cancelled.
    boost::asio::awaitable<void> wait();

    bool is_admitted() const { return admitted_; }

    /// It may be sent.
    void admit();

    /// Has the one who waits look again.
    void wake() { bell_->ring(); }

    /// The request is over.
    void end();

private:
    poller& of_;
    std::unique_ptr<alarm> bell_;
    bool admitted_ = false;
    bool ended_ = false;
};

} // namespace runwatch
