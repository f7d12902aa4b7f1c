#include "runwatch/run_starter.hpp"

#include "runwatch/text.hpp"

namespace runwatch {

std::string describe(run_order const& order) {
    if (order.suite.empty())
        return "the test " + to_printable(order.test_id, 300);
    return "the suite \"" + to_printable(order.suite, 300) + '"';
}

} // namespace runwatch
