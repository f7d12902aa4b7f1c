#include "net/answer_parser.hpp"

#include <boost/beast/http/error.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace http = boost::beast::http;

namespace runwatch {
namespace {

/// As many as servers and the gateways before them usually write.
constexpr std::size_t usual_headers = 16;

std::string string_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

} // namespace

answer_parser::answer_parser(http_options const& options, std::function<body_filter()> const& shorten)
    : answer_parser() {
    header_limit(options.max_header_bytes);
    // How much will be left of a body that is shortened, only the body itself knows.
    if (shorten)
        body_limit(boost::none);
    else
        body_limit(options.max_body_bytes);
    body_.limit(options.max_body_bytes, shorten);
    answer_.headers.reserve(usual_headers);
}

http_response answer_parser::take() {
    answer_.body = body_.take();
    return std::move(answer_);
}

void answer_parser::on_response_impl(int code, text, int, error_code&) { answer_.status = static_cast<unsigned>(code); }

void answer_parser::on_field_impl(field, text name, text value, error_code&) {
    answer_.headers.emplace_back(string_of(name), string_of(value));
}

void answer_parser::on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) {
    if (length)
        body_.expect(*length);
}

std::size_t answer_parser::on_body_impl(text piece, error_code& error) {
    if (body_.append(std::string_view{piece.data(), piece.size()}))
        return piece.size();
    error = http::error::body_limit;
    return 0;
}

std::size_t answer_parser::on_chunk_body_impl(std::uint64_t, text piece, error_code& error) {
    return on_body_impl(piece, error);
}

} // namespace runwatch
