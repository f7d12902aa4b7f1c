#include "sinks/chat_message.hpp"

#include "runwatch/json_text.hpp"
#include "support/sample_results.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace runwatch {
namespace {

using namespace support;

boost::json::value read(std::string const& json) { return boost::json::parse(json); }

std::string text_of(boost::json::value const& value) { return std::string{value.as_string()}; }

std::vector<std::string> blocks_of(boost::json::value const& message) {
    std::vector<std::string> texts;
    for (auto const& block : message.at("attachments").at(0).at("content").at("body").as_array())
        texts.push_back(text_of(block.at("inlines").at(0).at("text")));
    return texts;
}

TEST(chat_message, tells_slack_in_plain_text) {
    auto const message = read(slack_message(failed_result()));
    EXPECT_EQ(text_of(message.at("text")),
              "❌ failed: test T1\nrun R1, 1 m 32 s\nfailed criteria: Empathy\nlabels: env=staging");
    EXPECT_FALSE(message.at("mrkdwn").as_bool());
    EXPECT_EQ(text_of(read(slack_message(result_of(outcome::error))).at("text")),
              "⚠️ error: test T1\nrun R1, 1 m 32 s\ncause: the assistant hung up?second line\nlabels: env=staging");
    EXPECT_EQ(text_of(read(slack_message(result_of(outcome::timed_out))).at("text")),
              "⏰ timed_out: test T1\nrun R1, 1 m 32 s\ncause: no verdict in 24 h\nlabels: env=staging");
}

TEST(chat_message, lets_no_remote_text_link_or_mention_in_slack) {
    auto const text = text_of(read(slack_message(hostile_result())).at("text"));
    EXPECT_EQ(text.find_first_of("<>"), std::string::npos);
    EXPECT_NE(text.find("&lt;!channel&gt;"), std::string::npos);
    EXPECT_EQ(std::ranges::count(text, '\n'), 3);
    EXPECT_LT(text.size(), 3'000U);
}

TEST(chat_message, tells_discord_in_escaped_markdown) {
    auto const message = read(discord_message(failed_result()));
    EXPECT_EQ(text_of(message.at("content")),
              "❌ failed: test T1\nrun R1, 1 m 32 s\nfailed criteria: Empathy\nlabels: env=staging");
    EXPECT_TRUE(message.at("allowed_mentions").at("parse").as_array().empty());
    EXPECT_EQ(message.at("flags").as_int64(), 4);
    auto snake = failed_result();
    write_raw(*snake.run, {{"uses_snake_case", "failed"}});
    EXPECT_NE(text_of(read(discord_message(snake)).at("content")).find(R"(uses\_snake\_case)"), std::string::npos);
}

TEST(chat_message, stays_within_what_discord_takes) {
    for (auto const& name : {std::string(5'000, '*'), std::string(5'000, 'x'), std::string{"[x](http://evil)"}}) {
        auto result = hostile_result();
        write_raw(*result.run, std::vector<criterion>(32, {name, "failed"}));
        result.key = {name, name};
        result.reason = name;
        result.labels = {{name, name}, {name + '2', name}};
        auto const text = text_of(read(discord_message(result)).at("content"));
        EXPECT_LE(text.size(), 2'000U);
        EXPECT_EQ(text.find("[x]("), std::string::npos);
    }
}

TEST(chat_message, tells_teams_with_a_card_of_plain_text) {
    auto const message = read(teams_message(failed_result()));
    EXPECT_EQ(text_of(message.at("type")), "message");
    auto const& attachment = message.at("attachments").at(0);
    EXPECT_EQ(text_of(attachment.at("contentType")), "application/vnd.microsoft.card.adaptive");
    EXPECT_EQ(text_of(attachment.at("content").at("type")), "AdaptiveCard");
    EXPECT_EQ(blocks_of(message), (std::vector<std::string>{"❌ failed: test T1", "run R1, 1 m 32 s",
                                                            "failed criteria: Empathy", "labels: env=staging"}));
    auto const first = attachment.at("content").at("body").at(0).at("inlines").at(0);
    EXPECT_EQ(text_of(first.at("color")), "Attention");
    EXPECT_EQ(blocks_of(read(teams_message(hostile_result()))).size(), 4U);
    EXPECT_LT(teams_message(hostile_result()).size(), 4'000U);
}

} // namespace
} // namespace runwatch
