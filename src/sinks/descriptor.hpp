#pragma once

#include <unistd.h>
#include <utility>

namespace runwatch {

/// An open file descriptor that closes with its owner.
class descriptor {
public:
    descriptor() = default;

    explicit descriptor(int number) : number_(number) {}

    descriptor(descriptor&& other) noexcept : number_(other.release()) {}

    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    ~descriptor() { close(); }

    /// -1 if nothing is open.
    int get() const { return number_; }

    explicit operator bool() const { return number_ >= 0; }

    /// Gives it up without closing it.
    int release() { return std::exchange(number_, -1); }

    void close() {
        if (number_ >= 0)
            ::close(release());
    }

private:
    int number_ = -1;
};

} // namespace runwatch
