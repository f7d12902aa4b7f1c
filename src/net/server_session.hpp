#pragma once

#include "net/answer_text.hpp"
#include "net/client_socket.hpp"
#include "net/held_share.hpp"
#include "net/request_parser.hpp"
#include "runwatch/http_server.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace runwatch {

/// What the connections of a server share.
struct server_ground {
    http_server::limits most;
    http_server::responder answer;
    /// Streams at present.
    std::size_t streams = 0;
    /// What has come of the bodies of requests that are not answered yet, as limits::held_body_bytes counts it.
    std::size_t body_bytes = 0;
    /// The server is being closed.
    bool closing = false;
};

/// One connection of a server: requests in, answers out, one after the other. Loop thread only.
class server_session {
public:
    server_session(boost::asio::any_io_executor const& executor, int descriptor, bool is_unix, deadlines& all,
                   server_ground& ground);

    /// Answers what the client asks until either of the two closes. Throws system_error(operation_aborted) when
    /// cancelled, nothing else.
    boost::asio::awaitable<void> serve();

    /// Says that there is no room for this client, and waits a moment for it to read that.
    boost::asio::awaitable<void> turn_away();

    /// The server closes: ends it if nothing is asked at present, or the answer is a stream. Otherwise the next answer
    /// is its last.
    void close();

private:
    enum class stage { idle, busy, streaming };

    /// What came of a wait for a request.
    struct received {
        /// Nobody is there any more, or has to be waited for.
        bool over = false;
        /// The request is not answered but by this.
        std::optional<refusal> refused;
        incoming_request request;
        /// What counts of the request's body; nothing if the request is not to be answered.
        std::optional<held_share> body;
        bool keeps_alive = false;
        bool is_http11 = false;

        received() = default;
    };

    boost::asio::awaitable<void> converse();
    boost::asio::awaitable<received> receive();
    boost::asio::awaitable<server_answer> answer(incoming_request request, std::optional<held_share> body) const;
    boost::asio::awaitable<bool> send_whole(http_response response, bool is_head, body_end end, bool keeps_alive);
    boost::asio::awaitable<bool> send_stream(server_answer answer, body_end end, bool keeps_alive);
    boost::asio::awaitable<void> run_stream(body_stream stream, body_writer writer);
    boost::asio::awaitable<bool> write_piece(std::string piece, body_end end);
    boost::asio::awaitable<void> watch_client();
    boost::asio::awaitable<void> send_refusal(refusal why);
    boost::asio::awaitable<void> linger();
    boost::asio::awaitable<bool> write(std::string text);

    client_socket socket_;
    server_ground& ground_;
    bool is_unix_;
    stage stage_ = stage::idle;
    /// Read, but not yet used.
    std::string bytes_;
    /// The stream has come to its own end.
    bool stream_ended_ = false;
    /// While there was a stream.
    bool client_left_ = false;
    /// Not all of a text was written: nothing can follow it.
    bool broken_ = false;
};

} // namespace runwatch
