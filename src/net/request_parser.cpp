#include "net/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace runwatch {
namespace {

/// The shortest end of a body in chunks. Before so much has come, Beast is not asked: it has an assertion that an
/// empty body which comes byte by byte would break.
constexpr std::size_t shortest_last_chunk = 5;

/// The line before a chunk, or the lines behind the last: what we take of them is nothing.
constexpr std::size_t longest_between_chunks = std::size_t{4} * 1024;

std::string string_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

refusal explain(boost::system::error_code error, http_server::limits const& most) {
    if (error == http::error::body_limit)
        return {413, "the request's body is larger than " + std::to_string(most.max_body_bytes) + " bytes"};
    if (error == http::error::header_limit)
        return {431, "the request's head is larger than " + std::to_string(most.max_header_bytes) + " bytes"};
    return {400, "this is no valid request: " + error.message()};
}

} // namespace

request_parser::request_parser(http_server::limits const& most) : most_(most) {
    eager(true);
    header_limit(most.max_header_bytes);
    body_limit(most.max_body_bytes);
}

std::size_t request_parser::take_bytes(std::string_view bytes) {
    std::size_t taken = 0;
    if (!refused_ && !is_header_done())
        taken = take_head(bytes);
    if (!refused_ && is_header_done() && !is_done())
        taken += take_body(bytes.substr(taken));
    return taken;
}

std::size_t request_parser::take_head(std::string_view bytes) {
    std::size_t skipped = 0;
    // RFC 9112, 2.2: an empty line may stand before a request.
    while (!begun_ && bytes.substr(skipped).starts_with("\r\n"))
        skipped += 2;
    bytes.remove_prefix(skipped);
    begun_ = begun_ || !(bytes.empty() || bytes == "\r");
    auto const progress = look_for_head(bytes, seen_);
    auto const size = progress.size != 0 ? progress.size : bytes.size();
    refused_ = progress.fault;
    if (!refused_ && size > most_.max_header_bytes)
        refused_ = explain(http::error::header_limit, most_);
    seen_ = bytes.size();
    if (refused_ || progress.size == 0)
        return skipped;
    auto const head = bytes.substr(0, progress.size);
    refused_ = find_fault(head);
    if (refused_)
        return skipped;
    auto const taken = feed(head);
    if (!refused_ && !is_header_done())
        refused_.emplace(400, "this is no valid request");
    return skipped + taken;
}

std::size_t request_parser::take_body(std::string_view bytes) {
    if (bytes.empty() || (chunked() && bytes.size() < shortest_last_chunk))
        return 0;
    auto const taken = feed(bytes);
    if (!refused_ && !is_done() && bytes.size() - taken > longest_between_chunks)
        refused_.emplace(400, "there is too much between two chunks of the request's body, or behind the last");
    return taken;
}

std::size_t request_parser::feed(std::string_view bytes) {
    error_code error;
    auto const taken = put(asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error && error != http::error::need_more && !refused_)
        refused_ = explain(error, most_);
    return taken;
}

void request_parser::on_request_impl(http::verb, text method, text target, int version, error_code&) {
    request_.method = string_of(method);
    request_.target = string_of(target);
    is_version_11_ = version == 11;
}

void request_parser::on_field_impl(field known, text name, text value, error_code&) {
    // Behind the last chunk there are headers again, which nobody has vouched for.
    if (is_header_done())
        return;
    expects_continue_ = expects_continue_ || known == field::expect;
    request_.headers.emplace_back(string_of(name), string_of(value));
}

void request_parser::on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) {
    // No more room than what has come so far is worth: a client may promise much.
    constexpr std::uint64_t first_room = std::uint64_t{16} * 1024;
    request_.body.reserve(static_cast<std::size_t>(std::min(length.value_or(0), first_room)));
}

std::size_t request_parser::on_body_impl(text piece, error_code&) {
    request_.body.append(piece.data(), piece.size());
    return piece.size();
}

void request_parser::on_chunk_header_impl(std::uint64_t, text extension, error_code& error) {
    if (extension.empty())
        return;
    refused_.emplace(400, "a chunk of the request's body has more than its size in its first line");
    error = http::error::bad_chunk_extension;
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, text piece, error_code& error) {
    return on_body_impl(piece, error);
}

} // namespace runwatch
