#pragma once

#include "net/request_fault.hpp"
#include "runwatch/http_server.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional/optional.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch {

/// Reads one request out of the bytes of a connection. Beast is the judge of what they mean; find_fault() sees the head
/// before it, for Beast is kinder than a server that may stand behind a proxy can be.
class request_parser : private boost::beast::http::basic_parser<true> {
public:
    explicit request_parser(http_server::limits const& most);

    /// Takes what it can of these bytes, which begin behind what it took before, and returns how much that was. The
    /// rest is to be given again with what follows it; once the request is whole, it belongs to the next one.
    std::size_t take_bytes(std::string_view bytes);

    /// Why the request is not answered; nothing as long as it may be.
    std::optional<refusal> const& refused() const { return refused_; }

    /// The request has come to its end.
    bool is_whole() const { return is_done(); }

    /// Its first byte has come.
    bool has_begun() const { return begun_; }

    /// How much of the body is held.
    std::size_t body_size() const { return request_.body.size(); }

    /// The client waits for a `100 Continue` before it sends the body.
    bool awaits_continue() const { return expects_continue_ && is_version_11_ && is_header_done() && !is_done(); }

    /// Whether the client knows chunks.
    bool is_http11() const { return is_version_11_; }

    /// The connection may carry another request. Asked once the request is whole.
    bool keeps_alive() const { return keep_alive(); }

    /// What was read. Asked once.
    incoming_request take() { return std::move(request_); }

private:
    using text = boost::beast::string_view;
    using error_code = boost::system::error_code;
    using field = boost::beast::http::field;

    std::size_t take_head(std::string_view bytes);
    std::size_t take_body(std::string_view bytes);
    std::size_t feed(std::string_view bytes);

    void on_request_impl(boost::beast::http::verb, text method, text target, int version, error_code& error) override;

    void on_response_impl(int, text, int, error_code&) override {}

    void on_field_impl(field known, text name, text value, error_code& error) override;

    void on_header_impl(error_code&) override {}

    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code& error) override;
    std::size_t on_body_impl(text piece, error_code& error) override;
    void on_chunk_header_impl(std::uint64_t size, text extension, error_code& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remaining, text piece, error_code& error) override;

    void on_finish_impl(error_code&) override {}

    http_server::limits const& most_;
    incoming_request request_;
    std::optional<refusal> refused_;
    /// How much was looked at of a head that has not come to its end.
    std::size_t seen_ = 0;
    bool begun_ = false;
    bool is_version_11_ = false;
    bool expects_continue_ = false;
};

} // namespace runwatch
