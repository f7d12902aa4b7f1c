#include "support/raw_client.hpp"

#include "support/run_coroutine.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <array>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;

namespace runwatch::support {
namespace {

asio::generic::stream_protocol::endpoint endpoint_of(listen_address const& where) {
    if (where.is_unix())
        return asio::local::stream_protocol::endpoint(where.path);
    auto const host = where.host == "localhost" ? std::string{"127.0.0.1"} : where.host;
    return asio::ip::tcp::endpoint(asio::ip::make_address(host), where.port);
}

} // namespace

struct raw_client::state {
    explicit state(asio::io_context& io) : socket(io) {}

    asio::generic::stream_protocol::socket socket;
    std::array<char, std::size_t{16} * 1024> buffer{};
    std::string received;
    bool closed = false;
    bool reads = true;
    bool under_way = false;
};

raw_client::raw_client(asio::io_context& io, listen_address const& where)
    : io_(io), state_(std::make_shared<state>(io)) {
    state_->socket.connect(endpoint_of(where));
    state_->socket.non_blocking(true);
    read(state_);
}

raw_client::~raw_client() { leave(); }

void raw_client::read(std::shared_ptr<state> const& of) {
    if (!of->reads || of->closed || of->under_way)
        return;
    of->under_way = true;
    of->socket.async_read_some(asio::buffer(of->buffer), [of](boost::system::error_code error, std::size_t bytes) {
        of->under_way = false;
        of->received.append(of->buffer.data(), bytes);
        of->closed = of->closed || (error && error != asio::error::operation_aborted);
        read(of);
    });
}

void raw_client::send(std::string_view text) {
    while (!text.empty() && !state_->closed) {
        boost::system::error_code error;
        auto const sent = state_->socket.write_some(asio::buffer(text.data(), text.size()), error);
        text.remove_prefix(sent);
        if (error == asio::error::would_block) {
            bool ready = false;
            state_->socket.async_wait(asio::socket_base::wait_write,
                                      [&ready](boost::system::error_code) { ready = true; });
            run_until(io_, [&ready] { return ready; });
        } else if (error) {
            return;
        }
    }
}

void raw_client::finish() {
    boost::system::error_code ignored;
    state_->socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

void raw_client::stop_reading() {
    state_->reads = false;
    boost::system::error_code ignored;
    state_->socket.cancel(ignored);
}

void raw_client::go_on_reading() {
    state_->reads = true;
    read(state_);
}

void raw_client::leave() {
    state_->reads = false;
    boost::system::error_code ignored;
    state_->socket.close(ignored);
}

std::string const& raw_client::received() const { return state_->received; }

bool raw_client::is_closed() const { return state_->closed; }

void raw_client::wait_for(std::string_view text, std::size_t times) {
    run_until(io_, [&] { return count_of(received(), text) >= times || is_closed(); });
    if (count_of(received(), text) < times)
        throw std::runtime_error{"the server closed; until then there came: " + received()};
}

std::string const& raw_client::wait_until_closed() {
    run_until(io_, [this] { return is_closed(); });
    return received();
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

} // namespace runwatch::support
