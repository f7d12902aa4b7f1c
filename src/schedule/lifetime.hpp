#pragma once

#include "runwatch/durations.hpp"

namespace runwatch {

/// How likely a run has ended by an age, in milliseconds.
class lifetime {
public:
    /// Of a fit; beyond `limit` no run lives, unless the fit says that most do.
    lifetime(duration_fit const& fit, double limit);

    /// The share of runs that are expected to end within an age.
    double expected(double age) const;
    /// The same, but prepared for a few runs that are quite unlike those before.
    double prepared(double age) const;
    /// The age by which all runs have ended but a share of those it is prepared for.
    double end(double left) const;

private:
    double mixed(double log_age) const;

    double log_median_;
    double sigma_;
    double log_limit_;
    double expected_at_limit_ = 1;
    double prepared_at_limit_ = 1;
};

} // namespace runwatch
