#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch::control {

/// The method and the path of an endpoint; a part of the path in braces stands for any text.
struct route {
    std::string_view method;
    std::string_view path;
};

/// Which route a request takes.
struct routed {
    /// Its index among the routes.
    std::size_t index = 0;
    /// What stands in the place of the parts in braces, decoded.
    std::vector<std::string> parts;
};

/// Finds the route of a request; a HEAD takes that of a GET. Throws a refusal: 404 where no path is the request's, 405
/// with `Allow` where only the method is another, 400 for a path that is not percent-encoded as it should be. Pure.
routed find_route(std::span<route const> routes, std::string_view method, std::string_view path);

} // namespace runwatch::control
