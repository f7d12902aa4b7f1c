#pragma once

#include <stdexcept>

namespace runwatch::cli {

/// The command line is wrong; the message says where and what to write instead.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

} // namespace runwatch::cli
