#include "runwatch/http_client.hpp"

#include "net/connection.hpp"
#include "net/resolver.hpp"
#include "net/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/string.hpp>

#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace runwatch {

std::string_view http_response::header(std::string_view name) const {
    for (auto const& header : headers)
        if (beast::iequals(header.name, name))
            return header.value;
    return {};
}

namespace {

/// Longer than this a server hardly keeps a connection; a fresh one then is cheaper than finding out.
constexpr auto longest_idle = std::chrono::minutes{5};

void append_header(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
}

/// The request as it is sent. Of headers with the same name the last counts, and over ours those of the caller.
connection::message to_message(http_request const& request, target const& target, http_options const& options) {
    auto const& own = request.headers;
    auto const is_named = [&own](std::size_t from, std::string_view name) {
        return std::any_of(own.begin() + static_cast<std::ptrdiff_t>(from), own.end(),
                           [name](http_header const& header) { return beast::iequals(header.name, name); });
    };
    connection::message message;
    message.asks_for_header = request.method == "HEAD";
    auto& text = message.text;
    text.append(request.method).append(" ").append(target.path).append(" HTTP/1.1\r\n");
    if (!is_named(0, "Host"))
        append_header(text, "Host", target.peer.host_header());
    if (!is_named(0, "User-Agent"))
        append_header(text, "User-Agent", options.user_agent);
    for (std::size_t index = 0; index < own.size(); ++index)
        if (!is_named(index + 1, own[index].name) && !beast::iequals(own[index].name, "Content-Length"))
            append_header(text, own[index].name, own[index].value);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
        append_header(text, "Content-Length", std::to_string(request.body.size()));
    text.append("\r\n").append(request.body);
    return message;
}

bool is_control(unsigned char letter) { return letter < ' ' || letter == 0x7f; }

/// No server takes that much.
constexpr std::size_t longest_header = std::size_t{32} * 1024;

/// Headers are written as they are: one that is not a line of its own would smuggle others in.
bool can_be_sent(http_header const& header) {
    auto const in_name = [](unsigned char letter) {
        return !is_control(letter) && letter < 0x80 && std::strchr(" \"(),/:;<=>?@[\\]{}", letter) == nullptr;
    };
    auto const in_value = [](unsigned char letter) { return !is_control(letter) || letter == '\t'; };
    return !header.name.empty() && header.name.size() + header.value.size() <= longest_header &&
           std::ranges::all_of(header.name, in_name) && std::ranges::all_of(header.value, in_value);
}

} // namespace

/// The connections of a client: at most http_options::connections, idle ones kept for the next request.
class http_client::pool {
public:
    pool(asio::any_io_executor executor, http_options options)
        : executor_(executor),
          deadlines_(executor),
          options_(std::move(options)),
          tls_(make_tls_context(options_.ca_file)) {
        if (!options_.proxy.url.empty())
            proxy_ = parse_proxy(options_.proxy.url);
        if (!options_.name_servers.empty() && !are_name_servers(options_.name_servers))
            throw config_error{"the name servers \"" + options_.name_servers + "\" cannot be used: write address:port"};
        if (options_.unix_socket.size() >= sizeof(sockaddr_un::sun_path))
            throw config_error{"the path " + options_.unix_socket + " is too long for a unix socket"};
    }

    asio::awaitable<result<http_response>> send(http_request request) {
        auto const target = targets_.read(request.url);
        if (!target)
            co_return target.error();
        if (!target->peer.tls && !options_.allow_http && !is_loopback(target->peer.host))
            co_return failure(failure_kind::permanent,
                              "refused to send to " + redacted_url(request.url) +
                                  " without TLS: use https://, or allow it with --allow-http (allow_http)");
        if (!std::ranges::all_of(request.headers, can_be_sent))
            co_return failure(failure_kind::permanent,
                              "refused to send to " + redacted_url(request.url) +
                                  ": a header has an unusable name, is longer than 32 KiB, or holds a line break or "
                                  "another control character");
        auto const until = clock::now() + options_.timeout;
        auto const allowed = co_await take_permit(until);
        if (!allowed)
            co_return failure(failure_kind::transient,
                              "no connection to " + target->peer.authority() + " became free in time: all are busy");
        auto const message = to_message(request, *target, options_);
        if (auto kept = take_idle(target->peer)) {
            auto outcome = co_await kept->exchange(message, request.shorten_body, options_, until);
            if (!outcome.closed_before_answer || !request.idempotent) {
                keep(std::move(kept), outcome.reusable);
                co_return std::move(outcome.response);
            }
        }
        make_room();
        auto fresh = std::make_unique<connection>(executor_, deadlines_, tls_, target->peer);
        auto const failed = co_await open(*fresh, until);
        if (failed)
            co_return *failed;
        auto outcome = co_await fresh->exchange(message, request.shorten_body, options_, until);
        keep(std::move(fresh), outcome.reusable);
        co_return std::move(outcome.response);
    }

    asio::awaitable<result<void>> reach(std::string url) {
        auto const target = parse_target(url);
        if (!target)
            co_return target.error();
        auto const until = clock::now() + options_.timeout;
        connection fresh(executor_, deadlines_, tls_, target->peer);
        auto const failed = co_await open(fresh, until);
        if (failed)
            co_return *failed;
        co_return result<void>();
    }

private:
    using clock = std::chrono::steady_clock;

    struct idle_connection {
        std::unique_ptr<connection> held;
        clock::time_point since;
    };

    /// Leave to use a connection; gives it back when it goes.
    class permit {
    public:
        explicit permit(pool* owner) : owner_(owner) {}

        permit(permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}

        ~permit() {
            if (owner_ != nullptr)
                owner_->give_back();
        }

        permit(permit const&) = delete;
        permit& operator=(permit const&) = delete;
        permit& operator=(permit&&) = delete;

        explicit operator bool() const { return owner_ != nullptr; }

    private:
        pool* owner_;
    };

    /// A place in the queue for permits, left however the wait ends.
    struct waiter {
        waiter(pool& owner_, deadline::time until) : owner(owner_), turn(owner_.executor_, until) {
            owner.waiting_.push_back(this);
        }

        ~waiter() {
            if (granted)
                owner.give_back();
            else
                owner.waiting_.remove(this);
        }

        waiter(waiter const&) = delete;
        waiter& operator=(waiter const&) = delete;

        pool& owner;
        asio::steady_timer turn;
        /// A permit has been handed over; it is counted in used_.
        bool granted = false;
    };

    /// Waits for a permit, in order of asking; an empty one when the deadline came first.
    asio::awaitable<permit> take_permit(deadline::time until) {
        if (used_ < options_.connections) {
            ++used_;
            co_return permit(this);
        }
        waiter self(*this, until);
        co_await self.turn.async_wait(asio::as_tuple(asio::use_awaitable));
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error{asio::error::operation_aborted};
        co_return permit(std::exchange(self.granted, false) ? this : nullptr);
    }

    /// Hands the permit over to who waits longest: were it only freed, a newcomer could take it first.
    void give_back() {
        if (waiting_.empty()) {
            --used_;
            return;
        }
        auto& next = *waiting_.front();
        waiting_.pop_front();
        next.granted = true;
        next.turn.cancel();
    }

    std::unique_ptr<connection> take_idle(origin const& peer) {
        auto const oldest = clock::now() - longest_idle;
        std::erase_if(idle_, [oldest](auto const& each) { return each.since < oldest; });
        for (;;) {
            // The one used last is the least likely to be closed soon.
            auto const found = std::find_if(idle_.rbegin(), idle_.rend(),
                                            [&peer](auto const& each) { return each.held->peer() == peer; });
            if (found == idle_.rend())
                return nullptr;
            auto taken = std::move(found->held);
            idle_.erase(std::next(found).base());
            if (taken->is_idle())
                return taken;
        }
    }

    void keep(std::unique_ptr<connection> used, bool reusable) {
        if (reusable)
            idle_.push_back({std::move(used), clock::now()});
    }

    /// Closes the longest idle connection if a new one would be one too many.
    void make_room() {
        if (!idle_.empty() && used_ + idle_.size() > options_.connections)
            idle_.pop_front();
    }

    asio::awaitable<std::optional<failure>> open(connection& fresh, deadline::time until) {
        auto const& peer = fresh.peer();
        if (!options_.unix_socket.empty() && !peer.tls && peer.host == "localhost")
            return fresh.open_unix(options_.unix_socket, until);
        return fresh.open(proxy_for(peer), options_.name_servers, until);
    }

    proxy const* proxy_for(origin const& peer) const {
        auto const direct = !proxy_ || !peer.tls || bypasses_proxy(options_.proxy.bypass, peer);
        return direct ? nullptr : &*proxy_;
    }

    asio::any_io_executor executor_;
    deadlines deadlines_;
    http_options options_;
    asio::ssl::context tls_;
    std::optional<proxy> proxy_;
    target_reader targets_;
    std::size_t used_ = 0;
    std::list<waiter*> waiting_;
    std::deque<idle_connection> idle_;
};

http_client::http_client(asio::any_io_executor executor, http_options options)
    : pool_(std::make_unique<pool>(std::move(executor), std::move(options))) {}

http_client::~http_client() = default;

asio::awaitable<result<http_response>> http_client::send(http_request request) {
    return pool_->send(std::move(request));
}

asio::awaitable<result<void>> http_client::reach(std::string url) { return pool_->reach(std::move(url)); }

} // namespace runwatch
