#pragma once

#include "runwatch/http_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/optional/optional.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace runwatch {

/// The body of an answer as Beast reads it: kept in memory, whole within a limit and beyond it as far as a filter
/// leaves it.
struct answer_body {
    class value_type {
    public:
        /// At most so many bytes are kept. A longer body is shortened by a filter that `shorten` makes, unless that is
        /// empty; Beast must then read on beyond the limit.
        void limit(std::size_t most_bytes, std::function<body_filter()> shorten);

        /// Makes room for a body of this size, within the limit.
        void expect(std::uint64_t bytes);

        /// Takes the next piece; tells whether what is kept stays within the limit. If not, the piece is left out.
        bool append(std::string_view piece);

        std::string take() { return std::move(text_); }

    private:
        void shorten_text();

        std::size_t most_bytes_ = std::numeric_limits<std::size_t>::max();
        std::function<body_filter()> shorten_;
        /// Empty while the body is within the limit.
        body_filter filter_;
        std::string text_;
    };

    /// What Beast asks of the reader of a body.
    class reader {
    public:
        template <class Header>
        reader(Header&, value_type& body) : body_(body) {}

        void init(boost::optional<std::uint64_t> const& length, boost::system::error_code& error) {
            error = {};
            if (length)
                body_.expect(*length);
        }

        template <class Buffers>
        std::size_t put(Buffers const& buffers, boost::system::error_code& error) {
            error = {};
            std::size_t taken = 0;
            for (auto const piece : boost::beast::buffers_range_ref(buffers)) {
                if (!body_.append({static_cast<char const*>(piece.data()), piece.size()})) {
                    error = boost::beast::http::error::body_limit;
                    break;
                }
                taken += piece.size();
            }
            return taken;
        }

        static void finish(boost::system::error_code& error) { error = {}; }

    private:
        value_type& body_;
    };
};

} // namespace runwatch
