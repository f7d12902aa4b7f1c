#include "runwatch/state_records.hpp"

namespace runwatch {

std::string_view to_string(delivery_state state) {
    switch (state) {
    case delivery_state::pending:
        return "pending";
    case delivery_state::delivered:
        return "delivered";
    case delivery_state::dead:
        return "dead";
    case delivery_state::orphaned:
        return "orphaned";
    case delivery_state::dropped:
        return "dropped";
    }
    return "?";
}

std::string_view to_string(watch_origin origin) {
    switch (origin) {
    case watch_origin::follow:
        return "follow";
    case watch_origin::config:
        return "config";
    case watch_origin::api:
        return "api";
    }
    return "?";
}

} // namespace runwatch
