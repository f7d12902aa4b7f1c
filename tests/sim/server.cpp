#include "sim/server.hpp"

#include "sim/tls_context.hpp"

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <list>
#include <spdlog/spdlog.h>
#include <stdexcept>

namespace runwatch::sim {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using plain_stream = beast::tcp_stream;
using tls_stream = asio::ssl::stream<beast::tcp_stream>;
using namespace std::chrono_literals;

constexpr auto handshake_timeout = 30s;
constexpr auto close_timeout = 1s;
constexpr std::uint64_t most_body_bytes = std::uint64_t{1024} * 1024;

request to_request(http::request<http::string_body>& message) {
    auto const text = [](beast::string_view view) { return std::string(view.data(), view.size()); };
    request asked;
    asked.method = text(message.method_string());
    asked.target = text(message.target());
    asked.authorization = text(message[http::field::authorization]);
    asked.user_agent = text(message[http::field::user_agent]);
    auto const key = message.find("Idempotency-Key");
    if (key != message.end())
        asked.idempotency_key = text(key->value());
    asked.body = std::move(message.body());
    return asked;
}

char const* describe_end(answer const& reply) {
    if (reply.hang)
        return ", hangs";
    switch (reply.cut) {
    case cut_point::never:
        return "";
    case cut_point::before:
        return reply.reset ? ", reset before it" : ", closed before it";
    case cut_point::headers:
        return reply.reset ? ", reset after the headers" : ", closed after the headers";
    case cut_point::body:
        return reply.reset ? ", reset in the body" : ", closed in the body";
    }
    return "";
}

asio::awaitable<void> wait_for(duration time) {
    if (time <= 0ms)
        co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

/// Makes the kernel send a reset instead of an orderly close.
void reset_connection(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

asio::awaitable<void> say_goodbye(plain_stream& /*stream*/) { co_return; }

/// Sends TLS's close_notify. Does not wait for the client's, which comes late from a connection in a pool.
asio::awaitable<void> say_goodbye(tls_stream& stream) {
    ::SSL_set_shutdown(stream.native_handle(), SSL_RECEIVED_SHUTDOWN);
    stream.next_layer().expires_after(close_timeout);
    error_code ignored;
    co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
}

template <class Stream>
asio::awaitable<void> close_orderly(Stream& stream) {
    co_await say_goodbye(stream);
    error_code ignored;
    auto& socket = beast::get_lowest_layer(stream).socket();
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    socket.close(ignored);
}

/// Reads until the client gives up.
template <class Stream>
asio::awaitable<void> wait_until_closed(Stream& stream) {
    std::array<char, 512> bytes{};
    auto const buffer = asio::buffer(bytes);
    error_code error;
    while (!error)
        co_await stream.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
}

template <class Stream>
asio::awaitable<void> write_slowly(Stream& stream, std::string const& text, duration pause) {
    for (auto const& byte : text) {
        auto const buffer = asio::buffer(&byte, 1);
        co_await asio::async_write(stream, buffer, asio::use_awaitable);
        co_await wait_for(pause);
    }
}

/// Accepts connections, each of which a coroutine of its own serves.
class server {
public:
    server(asio::io_context& context, simulation& play, asio::ssl::context* tls)
        : context_(context), acceptor_(context), play_(play), tls_(tls) {}

    /// Returns the port.
    std::uint16_t listen(tcp::endpoint const& where) {
        acceptor_.open(where.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(where);
        acceptor_.listen();
        return acceptor_.local_endpoint().port();
    }

    void start() {
        attend([this] { return accept(); });
    }

    /// Cancels everything that is under way; the loop then runs out of work.
    void stop() {
        for (auto& signal : under_way_)
            signal.emit(asio::cancellation_type::terminal);
    }

private:
    /// Runs a coroutine that stop() cancels. A connection that breaks is everyday life; anything else ends the loop.
    template <class Coroutine>
    void attend(Coroutine coroutine) {
        auto const signal = under_way_.emplace(under_way_.end());
        auto const ended = [this, signal](std::exception_ptr const& error) {
            under_way_.erase(signal);
            try {
                if (error)
                    std::rethrow_exception(error);
            } catch (boost::system::system_error const& broken) {
                spdlog::debug("connection ended: {}", broken.code().message());
            }
        };
        asio::co_spawn(context_, std::move(coroutine), asio::bind_cancellation_slot(signal->slot(), ended));
    }

    asio::awaitable<void> accept() {
        for (;;) {
            error_code error;
            auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (error == asio::error::operation_aborted)
                co_return;
            if (error) {
                // Usually the process has run out of file descriptors, and will have some again.
                spdlog::warn("cannot accept a connection: {}", error.message());
                co_await wait_for(50ms);
                continue;
            }
            play_.counts().note_connection();
            socket.set_option(tcp::no_delay(true), error);
            attend([this, held = std::move(socket)]() mutable { return greet(std::move(held)); });
        }
    }

    asio::awaitable<void> greet(tcp::socket socket) {
        plain_stream tcp_part(std::move(socket));
        if (tls_ == nullptr) {
            co_await converse(tcp_part);
            co_return;
        }
        tls_stream stream(std::move(tcp_part), *tls_);
        stream.next_layer().expires_after(handshake_timeout);
        error_code error;
        co_await stream.async_handshake(tls_stream::server, asio::redirect_error(asio::use_awaitable, error));
        if (error != asio::error::operation_aborted)
            play_.counts().note_handshake(!error);
        if (error) {
            spdlog::info("TLS handshake failed: {}", error.message());
            co_return;
        }
        co_await converse(stream);
    }

    template <class Stream>
    asio::awaitable<void> converse(Stream& stream) {
        beast::flat_buffer buffer;
        auto const& rule = play_.play().keep_alive;
        for (std::uint64_t count = 1;; ++count) {
            http::request_parser<http::string_body> parser;
            parser.body_limit(most_body_bytes);
            beast::get_lowest_layer(stream).expires_never();
            if (rule.idle_close > 0ms)
                beast::get_lowest_layer(stream).expires_after(rule.idle_close);
            error_code error;
            co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
            beast::get_lowest_layer(stream).expires_never();
            if (error) {
                if (error == http::error::end_of_stream || error == asio::ssl::error::stream_truncated)
                    co_await close_orderly(stream);
                else
                    spdlog::debug("no request: {}", error.message());
                co_return;
            }
            auto const last = !parser.keep_alive() || (rule.requests > 0 && count >= rule.requests);
            auto const announced = last && (!parser.keep_alive() || rule.announce);
            auto const asked = to_request(parser.get());
            auto const open = co_await respond(stream, asked, !announced);
            if (open && last)
                co_await close_orderly(stream);
            if (!open || last)
                co_return;
        }
    }

    /// Answers one request. Returns whether the connection is still open.
    template <class Stream>
    asio::awaitable<bool> respond(Stream& stream, request const& asked, bool keeps_open) {
        auto const began = std::chrono::steady_clock::now();
        auto const reply = play_.answer_to(asked);
        counted_request const counted(reply.counted ? &play_ : nullptr);
        co_await wait_for(reply.delay);
        if (reply.hang) {
            log(asked, reply, began);
            co_await wait_until_closed(stream);
            co_return false;
        }
        auto const text = to_wire(reply, play_.date(), keeps_open);
        if (reply.counted && reply.cut != cut_point::before)
            play_.note_answer(reply);
        if (reply.trickle > 0ms)
            co_await write_slowly(stream, text, reply.trickle);
        else if (!text.empty())
            co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
        log(asked, reply, began);
        if (reply.cut == cut_point::never)
            co_return true;
        if (reply.reset)
            reset_connection(beast::get_lowest_layer(stream).socket());
        else
            co_await close_orderly(stream);
        co_return false;
    }

    /// Tells the report that a request is over, however it ends.
    class counted_request {
    public:
        explicit counted_request(simulation* play) : play_(play) {}

        counted_request(counted_request const&) = delete;
        counted_request& operator=(counted_request const&) = delete;

        ~counted_request() {
            if (play_ != nullptr)
                play_->counts().note_end();
        }

    private:
        simulation* play_;
    };

    static void log(request const& asked, answer const& reply, std::chrono::steady_clock::time_point began) {
        if (!reply.counted || !spdlog::should_log(spdlog::level::info))
            return;
        auto const took = std::chrono::floor<duration>(std::chrono::steady_clock::now() - began);
        spdlog::info("{} {} {} {} ms{}", asked.method, asked.target, reply.status, took.count(), describe_end(reply));
    }

    asio::io_context& context_;
    tcp::acceptor acceptor_;
    simulation& play_;
    asio::ssl::context* tls_;
    std::list<asio::cancellation_signal> under_way_;
};

} // namespace

void serve(server_settings const& settings, simulation& play,
           std::function<void(std::string const& base_url)> const& listening) {
    asio::io_context context(1);
    std::optional<asio::ssl::context> tls;
    if (settings.tls)
        tls.emplace(make_tls_context(*settings.tls));
    server service(context, play, tls ? &*tls : nullptr);
    auto const shown =
        settings.address.find(':') == std::string::npos ? settings.address : "[" + settings.address + "]";
    std::uint16_t port = 0;
    try {
        port = service.listen(tcp::endpoint(asio::ip::make_address(settings.address), settings.port));
    } catch (boost::system::system_error const& error) {
        throw std::runtime_error("cannot listen on " + shown + ":" + std::to_string(settings.port) + ": " +
                                 error.code().message());
    }
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&service](error_code const&, int) { service.stop(); });
    service.start();
    listening((settings.tls ? "https://" : "http://") + shown + ":" + std::to_string(port) + "/v2");
    context.run();
}

} // namespace runwatch::sim
