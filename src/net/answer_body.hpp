#pragma once

#include "runwatch/http_client.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace runwatch {

/// The body of an answer while it comes: kept in memory, whole within a limit and beyond it as far as a filter leaves
/// it.
class answer_body {
public:
    /// At most so many bytes are kept. A longer body is shortened by a filter that `shorten` makes, unless that is
    /// empty.
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

} // namespace runwatch
