#include "net/origin.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runwatch {
namespace {

TEST(target_reader, reads_each_url_as_if_it_were_the_first) {
    std::vector<std::string> const urls{
        "https://api.telnyx.com/v2/ai",
        "https://api.telnyx.com/v2/ai/assistants/tests/a-b_c.d~e/runs/1",
        "https://api.telnyx.com/",
        "https://api.telnyx.com",
        "https://api.telnyx.com/v2?page%5Bsize%5D=1",
        "https://api.telnyx.com/v2/%zz",
        "https://api.telnyx.com/v2/a b",
        "https://api.telnyx.com/v2/a#b",
        "https://api.telnyx.com:443/v2",
        "https://api.telnyx.com:4430/v2",
        "https://api.telnyx.com.example/v2",
        "http://api.telnyx.com/v2",
        "https://user:password@api.telnyx.com/v2",
        "https://API.telnyx.com/v2",
        "https://[::1]:8443/v2",
        "https://[::1]:8443/v2/more",
        "https://",
        "",
    };
    for (auto const& before : urls)
        for (auto const& url : urls) {
            target_reader reader;
            (void)reader.read(before);
            auto const first = parse_target(url);
            auto const later = reader.read(url);
            ASSERT_EQ(later.has_value(), first.has_value()) << url << " after " << before;
            if (!first)
                continue;
            EXPECT_EQ(later->peer, first->peer) << url << " after " << before;
            EXPECT_EQ(later->path, first->path) << url << " after " << before;
        }
}

} // namespace
} // namespace runwatch
