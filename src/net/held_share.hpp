#pragma once

#include <cstddef>
#include <utility>

namespace runwatch {

/// What one holder has of something that all of them have together: it counts for as long as this lives.
class held_share {
public:
    explicit held_share(std::size_t& all, std::size_t size = 0) : all_(all), size_(size) { all_ += size_; }

    held_share(held_share&& other) noexcept : all_(other.all_), size_(std::exchange(other.size_, 0)) {}

    ~held_share() { all_ -= size_; }

    held_share(held_share const&) = delete;
    held_share& operator=(held_share const&) = delete;
    held_share& operator=(held_share&&) = delete;

    void resize(std::size_t size) { all_ += size - std::exchange(size_, size); }

private:
    std::size_t& all_;
    std::size_t size_;
};

} // namespace runwatch
