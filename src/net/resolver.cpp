#include "net/resolver.hpp"

#include "net/origin.hpp"

#include <ares.h>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using addresses = std::vector<asio::ip::address>;
using deadline_time = std::chrono::steady_clock::time_point;

/// Takes a new descriptor into the loop's care. Fails when the process can have no more of them.
boost::system::error_code adopt(asio::posix::stream_descriptor& owner, int opened) {
    if (opened < 0)
        return {errno, boost::system::system_category()};
    boost::system::error_code error;
    owner.assign(opened, error);
    if (error)
        ::close(opened);
    return error;
}

/// One look-up. The sockets of c-ares and a timer are gathered in one epoll descriptor, so that the coroutine has a
/// single thing to wait for, and nothing outlives it when it is cancelled.
class lookup {
public:
    explicit lookup(asio::any_io_executor const& executor) : epoll_(executor), timer_(executor) {}

    /// Asks the first questions. Fails when there is no descriptor left to wait on; all else is told by status().
    boost::system::error_code start(std::string const& host, std::string const& name_servers) {
        auto error = adopt(epoll_, ::epoll_create1(EPOLL_CLOEXEC));
        if (!error)
            error = adopt(timer_, ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
        if (error)
            return error;
        ares_options options{};
        options.timeout = 2'000;
        options.tries = 3;
        options.sock_state_cb = &lookup::on_socket;
        options.sock_state_cb_data = this;
        auto status =
            ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
        if (status == ARES_SUCCESS && !name_servers.empty())
            status = ares_set_servers_ports_csv(channel_, name_servers.c_str());
        if (status != ARES_SUCCESS) {
            status_ = status;
            return {};
        }
        watch(EPOLL_CTL_ADD, timer_.native_handle(), EPOLLIN);
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &lookup::on_answer, this);
        return {};
    }

    ~lookup() {
        if (channel_ != nullptr)
            ares_destroy(channel_);
    }

    lookup(lookup const&) = delete;
    lookup& operator=(lookup const&) = delete;

    bool done() const { return status_.has_value(); }

    int status() const { return *status_; }

    addresses take() { return std::move(found_); }

    /// Becomes readable when there is something for process() to do.
    asio::posix::stream_descriptor& ready() { return epoll_; }

    /// Wakes the epoll descriptor when c-ares wants to send again, or at the deadline.
    void arm_timer(deadline_time deadline) {
        auto const left = std::max<std::chrono::microseconds>(
            std::chrono::duration_cast<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now()),
            std::chrono::microseconds{1});
        timeval limit{left.count() / 1'000'000, left.count() % 1'000'000};
        timeval buffer{};
        auto const* const wait = ares_timeout(channel_, &limit, &buffer);
        itimerspec spec{};
        spec.it_value.tv_sec = wait->tv_sec;
        spec.it_value.tv_nsec = std::max<long>(wait->tv_usec * 1'000, 1);
        ::timerfd_settime(timer_.native_handle(), 0, &spec, nullptr);
    }

    /// Lets c-ares act on whatever has become ready.
    void process() {
        std::array<epoll_event, 8> events{};
        auto const count = ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
        for (int index = 0; index < count; ++index) {
            auto const& event = events[static_cast<std::size_t>(index)];
            auto const socket = event.data.fd;
            if (socket == timer_.native_handle()) {
                ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
                continue;
            }
            auto const readable = (event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
            auto const writable = (event.events & EPOLLOUT) != 0;
            ares_process_fd(channel_, readable ? socket : ARES_SOCKET_BAD, writable ? socket : ARES_SOCKET_BAD);
        }
    }

private:
    static void on_socket(void* self, ares_socket_t socket, int readable, int writable) {
        auto const events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
        auto& lookup_ = *static_cast<lookup*>(self);
        if (events == 0)
            lookup_.watch(EPOLL_CTL_DEL, socket, 0);
        else if (!lookup_.watch(EPOLL_CTL_MOD, socket, events))
            lookup_.watch(EPOLL_CTL_ADD, socket, events);
    }

    static void on_answer(void* self, int status, int, ares_addrinfo* answer) {
        auto& lookup_ = *static_cast<lookup*>(self);
        lookup_.status_ = status;
        if (answer == nullptr)
            return;
        for (auto const* node = answer->nodes; node != nullptr; node = node->ai_next) {
            if (node->ai_family == AF_INET) {
                sockaddr_in address{};
                std::memcpy(&address, node->ai_addr, sizeof address);
                lookup_.found_.emplace_back(asio::ip::address_v4{ntohl(address.sin_addr.s_addr)});
            } else if (node->ai_family == AF_INET6) {
                sockaddr_in6 address{};
                std::memcpy(&address, node->ai_addr, sizeof address);
                asio::ip::address_v6::bytes_type bytes;
                std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
                lookup_.found_.emplace_back(asio::ip::address_v6{bytes, address.sin6_scope_id});
            }
        }
        ares_freeaddrinfo(answer);
    }

    bool watch(int operation, int socket, std::uint32_t events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = socket;
        return ::epoll_ctl(epoll_.native_handle(), operation, socket, &event) == 0;
    }

    asio::posix::stream_descriptor epoll_;
    asio::posix::stream_descriptor timer_;
    std::optional<int> status_;
    addresses found_;
    // Last, so that the callbacks it makes when destroyed still find the members above.
    ares_channel channel_ = nullptr;
};

failure explain(std::string const& host, int status) {
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
        return {failure_kind::transient, "cannot find the host " + host + ": there is no such name; check the URL"};
    case ARES_ETIMEOUT:
        return {failure_kind::transient, "cannot find the host " + host + ": no name server answered in time"};
    case ARES_ECONNREFUSED:
        return {failure_kind::transient,
                "cannot find the host " + host + ": no name server is reachable; check /etc/resolv.conf"};
    default:
        return {failure_kind::transient, "cannot find the host " + host + ": " + ares_strerror(status)};
    }
}

} // namespace

asio::awaitable<result<addresses>> resolve(std::string host, std::string name_servers, deadline_time deadline) {
    boost::system::error_code not_an_address;
    auto const address = asio::ip::make_address(host, not_an_address);
    addresses found;
    if (!not_an_address) {
        found.push_back(address);
        co_return found;
    }
    if (is_loopback(host)) {
        found.emplace_back(asio::ip::address_v4::loopback());
        found.emplace_back(asio::ip::address_v6::loopback());
        co_return found;
    }

    auto const executor = co_await asio::this_coro::executor;
    lookup search(executor);
    if (auto const error = search.start(host, name_servers))
        co_return failure(failure_kind::transient, "cannot look for the host " + host + ": " + error.message());
    while (!search.done()) {
        if (std::chrono::steady_clock::now() >= deadline)
            co_return explain(host, ARES_ETIMEOUT);
        search.arm_timer(deadline);
        co_await search.ready().async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        search.process();
    }
    if (search.status() != ARES_SUCCESS)
        co_return explain(host, search.status());
    found = search.take();
    if (found.empty())
        co_return explain(host, ARES_ENODATA);
    co_return found;
}

bool are_name_servers(std::string const& name_servers) {
    ares_channel channel = nullptr;
    if (ares_init(&channel) != ARES_SUCCESS)
        return false;
    auto const status = ares_set_servers_ports_csv(channel, name_servers.c_str());
    ares_destroy(channel);
    return status == ARES_SUCCESS;
}

} // namespace runwatch
