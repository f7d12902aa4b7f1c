#include "runwatch/failure.hpp"

namespace runwatch {

std::string_view to_string(failure_kind kind) {
    switch (kind) {
    case failure_kind::transient:
        return "transient";
    case failure_kind::throttled:
        return "throttled";
    case failure_kind::not_found:
        return "not_found";
    case failure_kind::refused:
        return "refused";
    case failure_kind::permanent:
        return "permanent";
    case failure_kind::gone:
        return "gone";
    }
    return "?";
}

} // namespace runwatch
