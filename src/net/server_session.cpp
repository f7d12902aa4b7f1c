#include "net/server_session.hpp"

#include "runwatch/join.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace runwatch {
namespace {

using error_code = boost::system::error_code;

/// How long a client may take to read why it is turned away, and what it may go on sending meanwhile, a whole body for
/// one: to close before it has read would make the system forget what we said.
constexpr duration longest_goodbye{1'000};
constexpr std::size_t most_unread = std::size_t{1024} * 1024;

/// What a client may send while it is sent a stream.
constexpr std::size_t most_ahead = std::size_t{64} * 1024;

/// A request whose body is no larger is answered even while the bodies of others take all the room there is.
constexpr std::size_t uncounted_body = std::size_t{16} * 1024;

/// An idle connection keeps no more than this.
constexpr std::size_t most_idle_room = 1024;

server_answer failed_answer() { return server_answer(problem_answer(500, "the request could not be answered")); }

/// What counts of a body of this size.
std::size_t counted(std::size_t body_size) { return body_size - std::min(body_size, uncounted_body); }

} // namespace

server_session::server_session(asio::any_io_executor const& executor, int descriptor, bool is_unix, deadlines& all,
                               server_ground& ground)
    : socket_(executor, descriptor, is_unix, all), ground_(ground), is_unix_(is_unix) {}

void server_session::close() {
    if (stage_ != stage::busy)
        socket_.interrupt();
}

asio::awaitable<void> server_session::serve() {
    try {
        co_await converse();
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted)
            throw;
    } catch (std::exception const&) {
        // Out of memory, for this client: the others go on, and its connection is closed.
        bytes_.clear();
    }
}

asio::awaitable<void> server_session::converse() {
    auto const executor = co_await asio::this_coro::executor;
    for (;;) {
        auto next = co_await receive();
        if (next.over)
            co_return;
        if (next.refused) {
            co_await send_refusal(*next.refused);
            co_return;
        }
        auto const is_head = next.request.method == "HEAD";
        auto reply = co_await answer(std::move(next.request), std::move(next.body));
        if (reply.stream && !is_head && ground_.streams >= ground_.most.streams)
            reply = server_answer(problem_answer(503, "too many streams are open: try again later"));
        auto const end = !reply.stream ? body_end::length : next.is_http11 ? body_end::chunks : body_end::close;
        auto const keeps_alive = next.keeps_alive && !ground_.closing && end != body_end::close;
        bool open = false;
        if (reply.stream && !is_head)
            open = co_await send_stream(std::move(reply), end, keeps_alive);
        else
            open = co_await send_whole(std::move(reply.response), is_head, end, keeps_alive);
        if (!open || !keeps_alive) {
            if (open)
                co_await linger();
            co_return;
        }
        // Who sends many requests at once has them answered one after the other, and others' between them.
        if (!bytes_.empty())
            co_await asio::post(executor, asio::use_awaitable);
    }
}

asio::awaitable<server_session::received> server_session::receive() {
    received outcome;
    held_share body(ground_.body_bytes);
    request_parser parser(ground_.most);
    error_code error;
    auto continued = false;
    if (bytes_.empty() && bytes_.capacity() > most_idle_room)
        std::string().swap(bytes_);
    stage_ = stage::idle;
    outcome.over = ground_.closing && bytes_.empty();
    if (outcome.over)
        co_return outcome;
    socket_.allow(ground_.most.idle_timeout);
    for (;;) {
        if (!bytes_.empty())
            bytes_.erase(0, parser.take_bytes(bytes_));
        body.resize(counted(parser.body_size()));
        outcome.refused = parser.refused();
        // What came counts, not what was promised: a promise alone keeps nobody out.
        if (!outcome.refused && ground_.body_bytes > ground_.most.held_body_bytes)
            outcome.refused.emplace(503, "there is no room for this body beside those of other requests: try again "
                                         "later");
        if (parser.has_begun() && stage_ == stage::idle) {
            stage_ = stage::busy;
            socket_.allow(ground_.most.read_timeout);
        }
        if (outcome.refused || parser.is_whole())
            break;
        if (parser.awaits_continue() && !std::exchange(continued, true) && bytes_.empty()) {
            auto const sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
            outcome.over = !sent;
            if (outcome.over)
                co_return outcome;
            socket_.allow(ground_.most.read_timeout);
        }
        co_await socket_.read(bytes_, error);
        if (error == asio::error::timed_out && parser.has_begun()) {
            outcome.refused.emplace(408, "the request did not come to its end in time");
            co_return outcome;
        }
        outcome.over = static_cast<bool>(error);
        if (outcome.over)
            co_return outcome;
    }
    socket_.allow_for_ever();
    if (!outcome.refused) {
        outcome.keeps_alive = parser.keeps_alive();
        outcome.is_http11 = parser.is_http11();
        outcome.request = parser.take();
        outcome.request.is_unix = is_unix_;
        outcome.body.emplace(std::move(body));
    }
    co_return outcome;
}

/// What the request holds is given back with it, not with its answer, which may be a stream that lasts.
asio::awaitable<server_answer> server_session::answer(incoming_request request,
                                                      std::optional<held_share> /*body*/) const {
    server_answer reply;
    try {
        reply = co_await ground_.answer(std::move(request));
        if (!can_be_sent(reply.response))
            reply = failed_answer();
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted)
            throw;
        reply = failed_answer();
    } catch (std::exception const&) {
        reply = failed_answer();
    }
    co_return reply;
}

asio::awaitable<bool> server_session::send_whole(http_response response, bool is_head, body_end end, bool keeps_alive) {
    auto text = head_text(response, end, keeps_alive);
    if (!is_head && has_body(response.status))
        text += response.body;
    co_return co_await write(std::move(text));
}

asio::awaitable<bool> server_session::send_stream(server_answer answer, body_end end, bool keeps_alive) {
    held_share const share(ground_.streams, 1);
    auto const no_store = answer.response.header("Cache-Control").empty();
    if (no_store)
        answer.response.headers.emplace_back("Cache-Control", "no-store");
    auto text = head_text(answer.response, end, keeps_alive);
    auto const& first = answer.response.body;
    if (!first.empty())
        text += end == body_end::chunks ? chunk_text(first) : first;
    if (!co_await write(std::move(text)))
        co_return false;
    stage_ = stage::streaming;
    stream_ended_ = false;
    body_writer writer = [this, end](std::string piece) { return write_piece(std::move(piece), end); };
    if (ground_.closing)
        socket_.interrupt();
    std::vector<asio::awaitable<void>> loops;
    loops.push_back(run_stream(std::move(answer.stream), std::move(writer)));
    loops.push_back(watch_client());
    co_await race(std::move(loops));
    stage_ = stage::busy;
    // The body comes to its end, though the server may have ended it.
    auto const complete = !broken_ && !client_left_ && (stream_ended_ || ground_.closing);
    if (!complete)
        co_return false;
    if (end == body_end::close)
        co_return true;
    co_return co_await write(std::string(last_chunk));
}

asio::awaitable<void> server_session::run_stream(body_stream stream, body_writer writer) {
    try {
        co_await stream(std::move(writer));
        stream_ended_ = true;
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted)
            throw;
    } catch (std::exception const&) {
        // The client learns of it by the missing end of the body.
        stream_ended_ = false;
    }
}

asio::awaitable<bool> server_session::write_piece(std::string piece, body_end end) {
    if (broken_ || client_left_)
        co_return false;
    if (piece.empty())
        co_return true;
    if (end == body_end::chunks)
        piece = chunk_text(piece);
    co_return co_await write(std::move(piece));
}

/// Returns once the client is gone, or is to be taken for gone.
asio::awaitable<void> server_session::watch_client() {
    error_code error;
    while (!error && bytes_.size() <= most_ahead)
        co_await socket_.read(bytes_, error);
    client_left_ = error != asio::error::shut_down;
}

asio::awaitable<void> server_session::send_refusal(refusal why) {
    auto answer = problem_answer(why.status, why.why);
    auto const sent = co_await send_whole(std::move(answer), false, body_end::length, false);
    bytes_ = "unread";
    if (sent)
        co_await linger();
}

asio::awaitable<void> server_session::turn_away() {
    try {
        co_await send_refusal(refusal(503, "too many connections are open: try again later"));
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted)
            throw;
    }
}

/// To close while the client still sends would make the system drop what it has not read yet.
asio::awaitable<void> server_session::linger() {
    error_code error;
    socket_.finish();
    if (bytes_.empty() || ground_.closing)
        co_return;
    stage_ = stage::idle;
    socket_.allow(longest_goodbye);
    std::size_t unread = 0;
    while (!error && unread < most_unread) {
        bytes_.clear();
        co_await socket_.read(bytes_, error);
        unread += bytes_.size();
    }
}

asio::awaitable<bool> server_session::write(std::string text) {
    error_code error;
    // Whoever is cancelled here leaves half a text behind.
    broken_ = true;
    co_await socket_.write(text, ground_.most.write_timeout, error);
    broken_ = static_cast<bool>(error);
    co_return !error;
}

} // namespace runwatch
