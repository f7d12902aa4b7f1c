#include "sinks/webhook_signature.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

std::vector<secret> keys_of(std::vector<std::string> const& texts) {
    std::vector<secret> keys;
    for (auto const& text : texts)
        keys.push_back(signing_key(secret{text}).value());
    return keys;
}

TEST(webhook_signature, is_that_of_standard_webhooks) {
    auto const at = std::chrono::sys_seconds{std::chrono::seconds{1614265330}};
    EXPECT_EQ(webhook_signature(keys_of({"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}), "msg_p5jXN8AQM9LWM0D4loKWxJek", at,
                                R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(webhook_signature, is_made_by_every_key) {
    auto const at = std::chrono::sys_seconds{std::chrono::seconds{1}};
    std::string const first = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    std::string const second = "c2Vjb25kLXNlY29uZC1zZWNvbmQtc2Vjb25k";
    auto const one = webhook_signature(keys_of({first}), "id", at, "body");
    auto const other = webhook_signature(keys_of({second}), "id", at, "body");
    EXPECT_NE(one, other);
    EXPECT_EQ(webhook_signature(keys_of({first, second}), "id", at, "body"), one + ' ' + other);
    EXPECT_EQ(webhook_signature({}, "id", at, "body"), "");
}

TEST(webhook_signature, takes_secrets_with_and_without_prefix_and_padding) {
    EXPECT_EQ(signing_key(secret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})->reveal(),
              signing_key(secret{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})->reveal());
    std::string const bytes(25, 'a');
    auto const padded = std::string{"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYQ=="};
    EXPECT_EQ(signing_key(secret{padded})->reveal(), bytes);
    EXPECT_EQ(signing_key(secret{padded.substr(0, padded.size() - 2)})->reveal(), bytes);
    EXPECT_EQ(signing_key(secret{"whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="})->reveal(), std::string(26, 'a'));
}

TEST(webhook_signature, refuses_what_is_no_secret) {
    for (auto const& text : {std::string{}, std::string{"whsec_"}, std::string{"hunter2"}, std::string(31, 'A'),
                             std::string(87, 'A'), std::string{"not base64 at all, is it? not at all"},
                             std::string(33, 'A'), "whsec_" + std::string(32, '-'), std::string(32, '=')})
        EXPECT_FALSE(signing_key(secret{text})) << text;
    EXPECT_TRUE(signing_key(secret{std::string(32, 'A')}));
    EXPECT_TRUE(signing_key(secret{std::string(86, 'A')}));
}

} // namespace
} // namespace runwatch
