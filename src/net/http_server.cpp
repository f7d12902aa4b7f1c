#include "runwatch/http_server.hpp"

#include "net/listener_socket.hpp"
#include "net/server_session.hpp"
#include "runwatch/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/string.hpp>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// How long the process gets to close some file before another connection is taken.
constexpr std::chrono::milliseconds pause_between_failures{100};

/// Others want to run, too.
constexpr int most_accepted_in_a_row = 64;

/// Clients beyond the limit that are told so in good order; more of them are only told.
constexpr std::size_t most_turned_away = 64;

/// Polling, the state file and the sinks need files, too.
std::size_t allowed_connections(std::size_t wanted) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return wanted;
    return std::min<std::size_t>(wanted, files.rlim_cur / 4 * 3);
}

void say_and_close(int descriptor) {
    auto const answer = problem_answer(503, "too many connections are open: try again later");
    auto const text = head_text(answer, body_end::length, false) + answer.body;
    std::ignore = ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(descriptor);
}

} // namespace

std::string_view incoming_request::header(std::string_view name) const {
    for (auto const& header : headers)
        if (boost::beast::iequals(header.name, name))
            return header.value;
    return {};
}

std::string_view incoming_request::path() const { return std::string_view{target}.substr(0, target.find('?')); }

std::string_view incoming_request::query() const {
    auto const mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view{target}.substr(mark + 1);
}

/// The connections of a server, and who lets them in.
class http_server::sessions {
public:
    sessions(asio::any_io_executor executor, limits most, responder answer)
        : executor_(std::move(executor)), deadlines_(executor_), tasks_(executor_) {
        ground_.most = most;
        ground_.most.connections = allowed_connections(most.connections);
        ground_.answer = std::move(answer);
    }

    void report_to(std::function<void(std::string const&)> report) { report_ = std::move(report); }

    void listen(std::unique_ptr<http_listener> next) {
        // What waits at the doors of the one before finds out by this number, and touches them no more.
        ++generation_;
        listener_ = ground_.closing ? nullptr : std::move(next);
        if (running_)
            open_doors();
    }

    asio::awaitable<void> run() {
        running_ = true;
        open_doors();
        co_await tasks_.run();
    }

    void close() {
        ground_.closing = true;
        listen(nullptr);
        for (auto* const session : open_)
            session->close();
        for (auto* const session : leaving_)
            session->close();
        tasks_.close();
    }

    std::size_t connections() const { return open_.size(); }

private:
    using session_list = std::list<server_session*>;

    /// A session's place among the others, for as long as it serves.
    class seat {
    public:
        seat(session_list& all, server_session& session) : all_(all), place_(all.insert(all.end(), &session)) {}

        ~seat() { all_.erase(place_); }

        seat(seat const&) = delete;
        seat& operator=(seat const&) = delete;

    private:
        session_list& all_;
        session_list::iterator place_;
    };

    void open_doors() {
        if (!listener_)
            return;
        auto const is_unix = listener_->address().is_unix();
        for (auto& door : listener_->socket_->doors)
            tasks_.spawn(watch_door(door, is_unix, generation_));
    }

    asio::awaitable<void> watch_door(asio::posix::stream_descriptor& door, bool is_unix, unsigned generation) {
        for (;;) {
            boost::system::error_code error;
            co_await door.async_wait(asio::posix::stream_descriptor::wait_read,
                                     asio::redirect_error(asio::use_awaitable, error));
            if (generation != generation_)
                co_return;
            auto const failed = error ? error.value() : let_in(door.native_handle(), is_unix);
            note(failed);
            if (failed == 0)
                continue;
            // Who cannot be let in stays at the door: without a pause this would spin.
            asio::steady_timer pause(executor_, pause_between_failures);
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            if (generation != generation_)
                co_return;
        }
    }

    /// Lets in who waits. Returns the error that ended it, 0 for none.
    int let_in(int door, bool is_unix) {
        for (int count = 0; count < most_accepted_in_a_row; ++count) {
            auto const descriptor = ::accept4(door, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (descriptor >= 0)
                begin(descriptor, is_unix);
            else if (errno == EAGAIN || errno == EWOULDBLOCK)
                return 0;
            // Who has left the queue again is nobody's trouble.
            else if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO)
                return errno;
        }
        return 0;
    }

    void begin(int descriptor, bool is_unix) {
        auto const is_full = open_.size() >= ground_.most.connections;
        if (is_full && leaving_.size() >= most_turned_away)
            return say_and_close(descriptor);
        try {
            auto session = std::make_unique<server_session>(executor_, descriptor, is_unix, deadlines_, ground_);
            auto& all = is_full ? leaving_ : open_;
            auto place = std::make_unique<seat>(all, *session);
            tasks_.spawn(attend(std::move(session), std::move(place), is_full));
        } catch (boost::system::system_error const& error) {
            // The loop has no room for another socket; the descriptor is closed.
            note(error.code().value());
        }
    }

    static asio::awaitable<void> attend(std::unique_ptr<server_session> session, std::unique_ptr<seat> place,
                                        bool is_full) {
        if (is_full)
            co_await session->turn_away();
        else
            co_await session->serve();
        // Its place goes first.
        place.reset();
    }

    /// Reports the first of many failures.
    void note(int failed) {
        if (failed != 0 && failed != last_failure_ && report_)
            report_("cannot accept connections on " + listener_->address().text() + ": " +
                    std::generic_category().message(failed));
        last_failure_ = failed;
    }

    asio::any_io_executor executor_;
    deadlines deadlines_;
    server_ground ground_;
    session_list open_;
    /// Those who are told that there is no room.
    session_list leaving_;
    task_group tasks_;
    std::unique_ptr<http_listener> listener_;
    std::function<void(std::string const&)> report_;
    unsigned generation_ = 0;
    int last_failure_ = 0;
    bool running_ = false;
};

http_server::http_server(asio::any_io_executor executor, limits most, responder answer)
    : sessions_(std::make_unique<sessions>(std::move(executor), most, std::move(answer))) {}

http_server::~http_server() = default;

void http_server::listen(std::unique_ptr<http_listener> next) { sessions_->listen(std::move(next)); }

void http_server::report_to(std::function<void(std::string const&)> report) { sessions_->report_to(std::move(report)); }

asio::awaitable<void> http_server::run() { return sessions_->run(); }

void http_server::close() { sessions_->close(); }

std::size_t http_server::connections() const { return sessions_->connections(); }

} // namespace runwatch
