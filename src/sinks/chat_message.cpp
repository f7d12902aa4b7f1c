#include "sinks/chat_message.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/text.hpp"
#include "sinks/summary.hpp"

#include <vector>

namespace runwatch {
namespace {

std::string_view emblem(outcome ended) {
    switch (ended) {
    case outcome::passed:
        return "✅";
    case outcome::failed:
        return "❌";
    case outcome::error:
        return "⚠️";
    case outcome::timed_out:
        return "⏰";
    default:
        return "🚫";
    }
}

/// What an Adaptive Card calls a colour.
std::string_view colour(outcome ended) {
    switch (ended) {
    case outcome::passed:
        return "Good";
    case outcome::failed:
    case outcome::error:
        return "Attention";
    default:
        return "Warning";
    }
}

/// The message line by line; together less than 1,000 bytes. No line begins with a text of others, so nothing that
/// counts at a line's start does.
std::vector<std::string> lines_of(run_result const& result) {
    auto const told = summarize(result);
    std::vector<std::string> lines;
    lines.push_back(std::string{emblem(result.ended)} + ' ' + told.verdict + ": test " + told.test_id);
    lines.push_back("run " + told.run_id + ", " + told.duration);
    if (!told.failed_criteria.empty())
        lines.push_back(to_printable("failed criteria: " + list(told.failed_criteria), 350));
    if (!told.why.empty())
        lines.push_back(to_printable("cause: " + told.why, 200));
    if (!told.labels.empty())
        lines.push_back(to_printable("labels: " + list(told.labels), 150));
    return lines;
}

/// Slack takes `<…>` for a link or a mention.
std::string escaped_for_slack(std::string_view line) {
    std::string text;
    for (auto const letter : line) {
        if (letter == '&')
            text += "&amp;";
        else if (letter == '<')
            text += "&lt;";
        else if (letter == '>')
            text += "&gt;";
        else
            text += letter;
    }
    return text;
}

/// Discord takes Markdown, in which a backslash goes before any sign.
std::string escaped_for_discord(std::string_view line) {
    std::string text;
    for (auto const letter : line) {
        if (std::string_view{R"(\*_~`|<>[]())"}.find(letter) != std::string_view::npos)
            text += '\\';
        text += letter;
    }
    return text;
}

template <class Escape>
std::string joined(run_result const& result, Escape escape) {
    std::string text;
    for (auto const& line : lines_of(result))
        text += (text.empty() ? "" : "\n") + escape(line);
    return text;
}

} // namespace

std::string slack_message(run_result const& result) {
    return R"({"text":)" + json_quote(joined(result, escaped_for_slack)) +
           R"(,"mrkdwn":false,"unfurl_links":false,"unfurl_media":false})";
}

std::string discord_message(run_result const& result) {
    // 4 is SUPPRESS_EMBEDS.
    return R"({"content":)" + json_quote(joined(result, escaped_for_discord)) +
           R"(,"allowed_mentions":{"parse":[]},"flags":4})";
}

std::string teams_message(run_result const& result) {
    // A TextBlock would take Markdown; the text of a TextRun is plain.
    std::string blocks;
    for (auto const& line : lines_of(result)) {
        auto const is_first = blocks.empty();
        blocks += std::string{is_first ? "" : ","} + R"({"type":"RichTextBlock","inlines":[{"type":"TextRun","text":)" +
                  json_quote(line);
        if (is_first)
            blocks += R"(,"weight":"Bolder","color":")" + std::string{colour(result.ended)} + '"';
        blocks += "}]}";
    }
    return R"({"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive",)"
           R"("contentUrl":null,"content":{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json",)"
           R"("type":"AdaptiveCard","version":"1.2","body":[)" +
           blocks + "]}}]}";
}

} // namespace runwatch
