#include "net/answer_body.hpp"

#include <algorithm>
#include <utility>

namespace runwatch {

void answer_body::limit(std::size_t most_bytes, std::function<body_filter()> shorten) {
    most_bytes_ = most_bytes;
    shorten_ = std::move(shorten);
}

void answer_body::expect(std::uint64_t bytes) {
    text_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, most_bytes_)));
}

bool answer_body::append(std::string_view piece) {
    if (!filter_ && shorten_ && piece.size() > most_bytes_ - text_.size()) {
        filter_ = shorten_();
        shorten_text();
    }
    std::string filtered;
    if (filter_) {
        filtered = filter_(piece);
        piece = filtered;
    }
    if (piece.size() > most_bytes_ - std::min(text_.size(), most_bytes_))
        return false;
    text_ += piece;
    return true;
}

/// Passes what has come so far through the filter, a piece at a time and in place: a second text of that size would
/// double what the limit is there to bound.
void answer_body::shorten_text() {
    constexpr std::size_t most_at_once = std::size_t{64} * 1024;
    std::string filtered; // and not yet back in its place
    std::size_t written = 0;
    for (std::size_t read = 0; read < text_.size();) {
        auto const piece = std::string_view{text_}.substr(read, most_at_once);
        read += piece.size();
        filtered += filter_(piece);
        auto const room = std::min(filtered.size(), read - written);
        filtered.copy(text_.data() + written, room);
        filtered.erase(0, room);
        written += room;
    }
    text_.resize(written);
    text_ += filtered;
    // It gives memory back by copying what it holds.
    if (text_.size() < text_.capacity() / 2)
        text_.shrink_to_fit();
}

} // namespace runwatch
