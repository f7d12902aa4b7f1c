#include "runwatch/open_files.hpp"

#include <algorithm>
#include <optional>

namespace runwatch {
namespace {

constexpr rlim_t enough = 65'536;

/// The limit before it was raised. It belongs to the process, as the limit does.
std::optional<rlimit>& before() {
    static std::optional<rlimit> limit;
    return limit;
}

} // namespace

void open_files::raise_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    auto const was = limit;
    // RLIM_INFINITY is larger than any number.
    limit.rlim_cur = std::min(limit.rlim_max, enough);
    if (limit.rlim_cur > was.rlim_cur && ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && !before())
        before() = was;
}

rlimit const* open_files::limit_of_children() { return before() ? &*before() : nullptr; }

} // namespace runwatch
