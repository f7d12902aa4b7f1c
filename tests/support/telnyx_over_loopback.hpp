#pragma once

#include "runwatch/telnyx.hpp"
#include "support/loopback.hpp"
#include "support/manual_clock.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_file.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace runwatch::support {

/// The API's source beside a scripted server, with a key that a file holds: `KEY-1`.
class telnyx_over_loopback : public testing::Test {
protected:
    script& serve() { return server.on_connection(); }

    telnyx_source& source() {
        if (!source_)
            source_.emplace(net.client(), clock, server.url("http") + "/v2",
                            secret_source{secret_source::origin::file, key_file.path()});
        return *source_;
    }

    loopback net;
    manual_clock clock{net.io};
    scripted_server& server = net.serve();
    temporary_file key_file{"KEY-1\n"};

private:
    std::optional<telnyx_source> source_;
};

} // namespace runwatch::support
