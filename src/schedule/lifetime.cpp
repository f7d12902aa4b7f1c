#include "schedule/lifetime.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace runwatch {
namespace {

/// One run in so many is unlike those before: it may die at once or hang. Its duration is as uncertain as this sigma.
constexpr double unlike_share = 0.01;
constexpr double unlike_sigma = 2;

double normal(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

} // namespace

lifetime::lifetime(duration_fit const& fit, double limit)
    : log_median_(fit.log_median), sigma_(fit.sigma), log_limit_(limit > 0 ? std::log(limit) : -1) {
    auto const within = log_limit_ > 0 ? normal((log_limit_ - log_median_) / sigma_) : 0;
    // A limit that most runs would break is none: it is out of date.
    if (within < 0.5) {
        log_limit_ = std::numeric_limits<double>::infinity();
        return;
    }
    expected_at_limit_ = within;
    prepared_at_limit_ = mixed(log_limit_);
}

double lifetime::mixed(double log_age) const {
    auto const wide = std::max(unlike_sigma, sigma_);
    auto const off = log_age - log_median_;
    return (1 - unlike_share) * normal(off / sigma_) + unlike_share * normal(off / wide);
}

double lifetime::expected(double age) const {
    if (age <= 0)
        return 0;
    return std::min(normal((std::log(age) - log_median_) / sigma_) / expected_at_limit_, 1.0);
}

double lifetime::prepared(double age) const {
    if (age <= 0)
        return 0;
    return std::min(mixed(std::log(age)) / prepared_at_limit_, 1.0);
}

double lifetime::end(double left) const {
    auto low = log_median_;
    auto high = std::min(log_limit_, log_median_ + 6 * std::max(unlike_sigma, sigma_));
    for (int step = 0; step < 40; ++step) {
        auto const middle = (low + high) / 2;
        (1 - mixed(middle) / prepared_at_limit_ > left ? low : high) = middle;
    }
    return std::exp(high);
}

} // namespace runwatch
