#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace runwatch::support {

/// Secrets as tests give them to sinks. None may appear in a message.
constexpr std::string_view signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view second_signing_secret = "c2Vjb25kLXNlY29uZC1zZWNvbmQtc2Vjb25k";
constexpr std::string_view header_secret = "Bearer header-token-5566";
constexpr std::string_view path_secret = "T0PATH/B0PATH/path-token-7788";
constexpr std::string_view query_secret = "query-token-9900";

/// Asserts that a message shows none of the sample secrets, nor what makes them one.
inline void expect_no_secret(std::string_view message) {
    constexpr std::array hidden{std::string_view{"MfKQ9r8G"}, std::string_view{"c2Vjb25k"},
                                std::string_view{"header-token"}, std::string_view{"path-token"},
                                std::string_view{"query-token"}};
    for (auto const secret : hidden)
        EXPECT_EQ(message.find(secret), std::string_view::npos) << message;
}

} // namespace runwatch::support
