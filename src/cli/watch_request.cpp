#include "cli/watch_request.hpp"

#include "runwatch/json_text.hpp"

#include <algorithm>

namespace runwatch::cli {

std::vector<std::string> watch_requests(std::span<std::string const> runs,
                                        std::map<std::string, std::string> const& labels,
                                        std::vector<std::string> const& sinks) {
    std::vector<std::string> bodies;
    while (!runs.empty()) {
        auto const some = runs.first(std::min(most_watches_at_once, runs.size()));
        runs = runs.subspan(some.size());
        std::string body = R"({"watches": [)";
        for (auto const& run : some) {
            body.append(&run == some.data() ? "" : ",")
                .append(R"({"run": )")
                .append(json_quote(run))
                .append(R"(, "labels": )")
                .append(json_object(labels));
            if (!sinks.empty())
                body.append(R"(, "sinks": )").append(json_list(sinks));
            body.append("}");
        }
        bodies.push_back(body + "]}");
    }
    return bodies;
}

} // namespace runwatch::cli
