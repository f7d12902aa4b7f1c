#pragma once

#include "runwatch/result.hpp"
#include "runwatch/run_result.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace runwatch {

/// The seam through which results leave: a file, a webhook, standard output, a command. Loop thread only.
class sink {
public:
    virtual ~sink() = default;

    /// Delivers one result, whole and once, and returns when the other side has taken it for good.
    ///
    /// Fails as transient when it is worth another try; as throttled when the other side asks to wait, for all that
    /// goes there; as permanent when this result will never be taken; as gone when nothing may be sent there any more.
    /// Throws system_error(operation_aborted) when cancelled, after which the result may or may not have arrived.
    virtual boost::asio::awaitable<result<void>> deliver(run_result given) = 0;

    /// Of these result ids, the ones that the other side certainly has already: what a crash kept from being written
    /// down. Called once, before the first delivery. Fails like deliver().
    virtual boost::asio::awaitable<result<std::vector<std::string>>> find_delivered(std::vector<std::string> owed) {
        std::vector<std::string> none;
        (void)owed;
        co_return none;
    }

    /// Finds out whether the other side can be reached, as far as that can be told without sending it anything. Returns
    /// what was reached, for people; an empty text where there is nothing to reach. Fails and throws like deliver().
    virtual boost::asio::awaitable<result<std::string>> reach() { co_return std::string(); }

    /// How many deliver() may be under way at once.
    virtual std::size_t concurrency() const { return 1; }

    /// Opens anew what is open by name: log rotation has moved it.
    virtual void reopen() {}
};

} // namespace runwatch
