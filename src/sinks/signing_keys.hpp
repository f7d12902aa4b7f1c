#pragma once

#include "runwatch/secret.hpp"
#include "runwatch/secret_source.hpp"

#include <vector>

namespace runwatch {

/// The keys that sign a webhook's messages. Where a source has changed it is read again.
class signing_keys {
public:
    /// Reads every source. Throws config_error if one cannot be read or holds no Standard Webhooks secret.
    explicit signing_keys(std::vector<secret_source> sources);

    /// The keys as of now, in the order of the sources. Throws config_error as the constructor does.
    std::vector<secret> current();

    /// The secrets as they were last read.
    std::vector<secret> texts() const;

private:
    struct entry {
        secret_source source;
        secret text;
        /// Empty if the text is no secret.
        secret key;
    };

    static void read(entry& of);

    std::vector<entry> entries_;
};

} // namespace runwatch
