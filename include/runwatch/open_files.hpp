#pragma once

#include <sys/resource.h>

namespace runwatch {

/// How many files this process and its children may have open.
///
/// A limit above 1,024 breaks programs that use select(): a daemon raises its own, and gives what it starts the limit
/// that it had itself.
class open_files {
public:
    /// Raises the limit as far as the system lets it without a right of its own, to 65,536 at most. What is counted in
    /// files afterwards has that much room. To be called before there are threads.
    static void raise_limit();

    /// The limit that a child is to have; nothing to be set where it is ours.
    static rlimit const* limit_of_children();
};

} // namespace runwatch
