#pragma once

#include "net/answer_body.hpp"
#include "runwatch/http_client.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional/optional.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace runwatch {

/// Reads one answer out of the bytes of a connection, straight into what the client returns.
class answer_parser : public boost::beast::http::basic_parser<false> {
public:
    answer_parser() { eager(true); }

    /// Keeps to the size limits of the options; `shorten` as in http_request::shorten_body.
    answer_parser(http_options const& options, std::function<body_filter()> const& shorten);

    /// Of the answer; 0 before its first line is whole.
    unsigned status() const { return answer_.status; }

    /// What was read of the answer.
    http_response take();

private:
    using text = boost::beast::string_view;
    using error_code = boost::system::error_code;
    using field = boost::beast::http::field;

    void on_request_impl(boost::beast::http::verb, text, text, int, error_code&) override {}

    void on_response_impl(int code, text reason, int version, error_code& error) override;
    void on_field_impl(field known, text name, text value, error_code& error) override;

    void on_header_impl(error_code&) override {}

    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code& error) override;
    std::size_t on_body_impl(text piece, error_code& error) override;

    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t remaining, text piece, error_code& error) override;

    void on_finish_impl(error_code&) override {}

    http_response answer_;
    answer_body body_;
};

} // namespace runwatch
