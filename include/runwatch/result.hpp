#pragma once

#include "runwatch/failure.hpp"

#include <boost/system/result.hpp>

#include <stdexcept>

namespace runwatch {

/// A value from the outside world, or the failure to get it. value() on a failure is a bug and throws.
template <class T>
using result = boost::system::result<T, failure>;

/// Lets result<T>::value() report what went wrong; found by argument-dependent look-up.
[[noreturn]] inline void throw_exception_from_error(failure const& error, boost::source_location const&) {
    throw std::logic_error{"value() of a failed result: " + error.message};
}

} // namespace runwatch
