#include "support/scripted_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using tcp = asio::ip::tcp;

namespace runwatch::support {
namespace {

/// Reads a request's header by hand: a judge of the client should not share its parser.
received_request parse_header(std::string_view text) {
    received_request request;
    auto const take = [&text](std::string_view until) {
        auto const end = text.find(until);
        std::string taken{text.substr(0, end)};
        text.remove_prefix(std::min(taken.size() + until.size(), text.size()));
        return taken;
    };
    request.method = take(" ");
    request.target = take(" ");
    take("\r\n");
    while (!text.empty() && !text.starts_with("\r\n")) {
        auto const name = take(": ");
        request.headers.emplace_back(name, take("\r\n"));
    }
    return request;
}

ssl::context make_context(identity const& own, tls_version at_most) {
    ssl::context context{ssl::context::tls_server};
    context.use_certificate_chain(asio::buffer(own.certificate_pem));
    context.use_private_key(asio::buffer(own.key_pem), ssl::context::pem);
    if (at_most == tls_version::tls_1_2)
        SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_2_VERSION);
    if (at_most == tls_version::tls_1_1) {
        // OpenSSL 3 speaks anything that old only at the lowest security level.
        SSL_CTX_set_security_level(context.native_handle(), 0);
        SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_1_VERSION);
    }
    return context;
}

asio::awaitable<void> pump(tcp::socket& from, tcp::socket& to) {
    std::array<char, 4096> bytes{};
    for (;;) {
        auto const [error, count] =
            co_await from.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
        if (error)
            co_return;
        auto const part = asio::buffer(bytes.data(), count);
        auto const [failed, written] = co_await asio::async_write(to, part, asio::as_tuple(asio::use_awaitable));
        if (failed)
            co_return;
    }
}

} // namespace

std::string_view received_request::header(std::string_view name) const {
    for (auto const& header : headers)
        if (boost::beast::iequals(header.name, name))
            return header.value;
    return {};
}

struct gate::lock {
    asio::steady_timer timer;
};

gate::gate(asio::io_context& io)
    : lock_(std::make_unique<lock>(lock{asio::steady_timer{io, asio::steady_timer::time_point::max()}})) {}

gate::~gate() = default;

void gate::open() {
    open_ = true;
    lock_->timer.cancel();
}

asio::awaitable<void> gate::pass() {
    if (!open_)
        co_await lock_->timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

struct scripted_server::state {
    explicit state(asio::io_context& io, tcp::endpoint const& at) : acceptor(io, at) {}

    asio::awaitable<void> accept();
    asio::awaitable<void> follow(tcp::socket socket, std::size_t index, script& lines);

    void complain(std::size_t connection, std::string const& about) {
        complaints += "connection " + std::to_string(connection) + ": " + about + '\n';
    }

    tcp::acceptor acceptor;
    std::deque<script> scripts;
    std::vector<received_request> requests;
    std::size_t accepted = 0;
    std::string complaints;
};

/// One connection while its script runs.
class script::session {
public:
    session(tcp::socket socket, std::size_t index, scripted_server::state& server)
        : socket_(std::move(socket)), index_(index), server_(server) {
        socket_.set_option(tcp::no_delay(true));
    }

    asio::awaitable<void> start_tls(identity const& own, tls_version at_most) {
        context_.emplace(make_context(own, at_most));
        tls_.emplace(socket_, *context_);
        co_await tls_->async_handshake(ssl::stream_base::server, asio::use_awaitable);
        auto const* const name = SSL_get_servername(tls_->native_handle(), TLSEXT_NAMETYPE_host_name);
        server_name_ = name == nullptr ? "" : name;
    }

    asio::awaitable<void> receive() {
        std::size_t header_end = 0;
        while ((header_end = read_.find("\r\n\r\n")) == std::string::npos) {
            auto const came = co_await read_some();
            if (came == 0) {
                server_.complain(index_, "closed by the client before it had sent its request");
                throw boost::system::system_error{asio::error::eof};
            }
        }
        auto request = parse_header(std::string_view{read_}.substr(0, header_end + 2));
        read_.erase(0, header_end + 4);
        auto const length = request.header("Content-Length");
        std::size_t const size = length.empty() ? 0 : std::stoul(std::string{length});
        while (read_.size() < size) {
            auto const came = co_await read_some();
            if (came == 0)
                break;
        }
        request.body = read_.substr(0, size);
        read_.erase(0, size);
        request.server_name = server_name_;
        request.connection = index_;
        server_.requests.push_back(std::move(request));
    }

    asio::awaitable<void> send(std::string const& bytes) {
        if (tls_)
            co_await asio::async_write(*tls_, asio::buffer(bytes), asio::use_awaitable);
        else
            co_await asio::async_write(socket_, asio::buffer(bytes), asio::use_awaitable);
    }

    asio::awaitable<void> trickle(std::string const& bytes, duration gap) {
        asio::steady_timer timer(socket_.get_executor());
        for (std::size_t next = 0;; next = (next + 1) % bytes.size()) {
            std::string const byte = bytes.substr(next, 1);
            co_await send(byte);
            timer.expires_after(gap);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    asio::awaitable<void> hang() {
        std::size_t came = 0;
        do {
            read_.clear();
            came = co_await read_some();
        } while (came != 0);
    }

    asio::awaitable<void> close() {
        if (tls_) {
            // Nothing is read any more, so that shutting TLS down ends with our own word and does not wait for theirs.
            socket_.shutdown(tcp::socket::shutdown_receive);
            co_await tls_->async_shutdown(asio::as_tuple(asio::use_awaitable));
        }
        socket_.close();
    }

    asio::awaitable<void> cut() {
        socket_.close();
        co_return;
    }

    asio::awaitable<void> reset() {
        socket_.set_option(tcp::socket::linger(true, 0));
        socket_.close();
        co_return;
    }

    asio::awaitable<void> tunnel_to(std::uint16_t port) {
        using namespace asio::experimental::awaitable_operators;
        tcp::socket other(socket_.get_executor());
        tcp::endpoint const there(asio::ip::address_v4::loopback(), port);
        co_await other.async_connect(there, asio::use_awaitable);
        auto const early = std::exchange(read_, std::string{});
        co_await asio::async_write(other, asio::buffer(early), asio::use_awaitable);
        co_await (pump(socket_, other) || pump(other, socket_));
    }

    bool is_open() const { return socket_.is_open(); }

private:
    /// Reads what has come; nothing once the client has closed.
    asio::awaitable<std::size_t> read_some() {
        std::array<char, 4096> bytes{};
        std::size_t count = 0;
        boost::system::error_code error;
        if (tls_)
            std::tie(error, count) =
                co_await tls_->async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
        else
            std::tie(error, count) =
                co_await socket_.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
        read_.append(bytes.data(), count);
        co_return count;
    }

    tcp::socket socket_;
    std::size_t index_;
    scripted_server::state& server_;
    std::optional<ssl::context> context_;
    std::optional<ssl::stream<tcp::socket&>> tls_;
    std::string server_name_;
    std::string read_;
};

script& script::start_tls(identity own, tls_version at_most) {
    steps_.emplace_back([own = std::move(own), at_most](session& with) { return with.start_tls(own, at_most); });
    return *this;
}

script& script::receive() {
    steps_.emplace_back([](session& with) { return with.receive(); });
    return *this;
}

script& script::send(std::string bytes) {
    steps_.emplace_back([bytes = std::move(bytes)](session& with) { return with.send(bytes); });
    return *this;
}

script& script::trickle(std::string bytes, duration gap) {
    steps_.emplace_back([bytes = std::move(bytes), gap](session& with) { return with.trickle(bytes, gap); });
    return *this;
}

script& script::hang() {
    steps_.emplace_back([](session& with) { return with.hang(); });
    return *this;
}

script& script::wait_at(gate& gate) {
    steps_.emplace_back([&gate](session&) { return gate.pass(); });
    return *this;
}

script& script::then(std::function<void()> action) {
    steps_.emplace_back([action = std::move(action)](session&) -> asio::awaitable<void> {
        action();
        co_return;
    });
    return *this;
}

script& script::close() {
    steps_.emplace_back([](session& with) { return with.close(); });
    return *this;
}

script& script::cut() {
    steps_.emplace_back([](session& with) { return with.cut(); });
    return *this;
}

script& script::reset() {
    steps_.emplace_back([](session& with) { return with.reset(); });
    return *this;
}

script& script::tunnel_to(std::uint16_t port) {
    steps_.emplace_back([port](session& with) { return with.tunnel_to(port); });
    return *this;
}

asio::awaitable<void> scripted_server::state::follow(tcp::socket socket, std::size_t index, script& lines) {
    script::session session(std::move(socket), index, *this);
    try {
        for (auto const& step : lines.steps_)
            co_await step(session);
        if (session.is_open())
            co_await session.close();
    } catch (boost::system::system_error const&) {
        // The client has left, or would not shake hands: what it makes of that is the test's to judge.
    }
}

asio::awaitable<void> scripted_server::state::accept() {
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (error)
            co_return;
        auto const index = accepted++;
        if (index >= scripts.size()) {
            complain(index, "nobody expected it");
            continue;
        }
        asio::co_spawn(acceptor.get_executor(), follow(std::move(socket), index, scripts[index]),
                       [](std::exception_ptr thrown) {
                           if (thrown)
                               std::rethrow_exception(thrown);
                       });
    }
}

scripted_server::scripted_server(asio::io_context& io, std::string const& address)
    : state_(std::make_unique<state>(io, tcp::endpoint{asio::ip::make_address(address), 0})) {
    asio::co_spawn(io, state_->accept(), [](std::exception_ptr thrown) {
        if (thrown)
            std::rethrow_exception(thrown);
    });
}

scripted_server::~scripted_server() = default;

script& scripted_server::on_connection() { return state_->scripts.emplace_back(); }

std::uint16_t scripted_server::port() const { return state_->acceptor.local_endpoint().port(); }

std::string scripted_server::url(std::string const& scheme, std::string const& host) const {
    return scheme + "://" + host + ':' + std::to_string(port());
}

std::vector<received_request> const& scripted_server::requests() const { return state_->requests; }

std::size_t scripted_server::connections() const { return state_->accepted; }

void scripted_server::stop() { state_->acceptor.close(); }

std::string scripted_server::complaints() const {
    auto text = state_->complaints;
    if (state_->accepted < state_->scripts.size())
        text += std::to_string(state_->scripts.size() - state_->accepted) + " connections never came\n";
    return text;
}

std::string ok(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

} // namespace runwatch::support
