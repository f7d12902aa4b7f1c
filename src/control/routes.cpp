#include "control/routes.hpp"

#include "control/answers.hpp"
#include "control/requests.hpp"
#include "runwatch/text.hpp"

#include <algorithm>
#include <optional>

namespace runwatch::control {
namespace {

/// The parts of a path between its slashes.
std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> parts;
    for (std::size_t from = 0; from <= path.size();) {
        auto const end = std::min(path.find('/', from), path.size());
        parts.push_back(path.substr(from, end - from));
        from = end + 1;
    }
    return parts;
}

/// What stands in the place of the parts in braces, as it came; nothing if the path is another one.
std::optional<std::vector<std::string_view>> match(std::string_view pattern, std::string_view path) {
    auto const wanted = split(pattern);
    auto const found = split(path);
    if (wanted.size() != found.size())
        return std::nullopt;
    std::vector<std::string_view> parts;
    for (std::size_t index = 0; index != wanted.size(); ++index) {
        if (wanted[index].starts_with('{') && !found[index].empty())
            parts.push_back(found[index]);
        else if (wanted[index] != found[index])
            return std::nullopt;
    }
    return parts;
}

} // namespace

routed find_route(std::span<route const> routes, std::string_view method, std::string_view path) {
    // A HEAD asks for what a GET would be answered; the server leaves the body out.
    auto const wanted = method == "HEAD" ? std::string_view{"GET"} : method;
    std::string allowed;
    for (std::size_t index = 0; index != routes.size(); ++index) {
        auto const parts = match(routes[index].path, path);
        if (!parts)
            continue;
        if (routes[index].method != wanted) {
            allowed.append(allowed.empty() ? "" : ", ").append(routes[index].method);
            allowed.append(routes[index].method == "GET" ? ", HEAD" : "");
            continue;
        }
        routed found;
        found.index = index;
        for (auto const part : *parts)
            found.parts.push_back(decode(part));
        return found;
    }
    if (!allowed.empty())
        throw refusal{405, to_printable(method, 20) + " makes no sense here: use " + allowed, {{"Allow", allowed}}};
    throw refusal{404, "there is nothing at " + to_printable(path) +
                           ": docs/control-api.openapi.yaml says what there is, such as /v1/status"};
}

} // namespace runwatch::control
