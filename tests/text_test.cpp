#include "runwatch/text.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

TEST(text, keeps_valid_utf8_and_replaces_the_rest) {
    EXPECT_EQ(to_valid_utf8("grüße 😀"), "grüße 😀");
    EXPECT_EQ(to_valid_utf8("a\xFFz"), "a\uFFFDz");
    EXPECT_EQ(to_valid_utf8("\xC0\xAF"), "\uFFFD\uFFFD") << "an overlong slash";
    EXPECT_EQ(to_valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
    EXPECT_EQ(to_valid_utf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "beyond Unicode";
    EXPECT_EQ(to_valid_utf8("cut \xE2\x82"), "cut \uFFFD\uFFFD");
}

TEST(text, shows_nothing_that_a_terminal_would_obey) {
    EXPECT_EQ(to_printable("a\x1b[31mb"), "a?[31mb");
    EXPECT_EQ(to_printable("line\r\nline"), "line??line");
    EXPECT_EQ(to_printable("tab\there"), "tab here");
    EXPECT_EQ(to_printable("\u0085\u009b31m"), "??31m") << "C1 controls";
    // NOLINTNEXTLINE(misc-misleading-bidirectional): misleading is what it is here for.
    EXPECT_EQ(to_printable("safe\u202Eexe.txt"), "safe?exe.txt") << "a right-to-left override";
    EXPECT_EQ(to_printable("\u2028"), "?");
    EXPECT_EQ(to_printable("nul\0byte", 200), "nul");
    EXPECT_EQ(to_printable(std::string_view{"nul\0byte", 8}), "nul?byte");
    EXPECT_EQ(to_printable("grüße 😀"), "grüße 😀");
}

TEST(text, shows_nothing_that_a_workflow_log_would_obey_within_a_line) {
    EXPECT_EQ(to_printable("##[error]x"), "##(error]x");
    EXPECT_EQ(to_printable("###[group]"), "###(group]");
}

TEST(text, cuts_at_a_character) {
    EXPECT_EQ(to_printable("abcdef", 3), "abc…");
    EXPECT_EQ(to_printable("abc", 3), "abc");
    EXPECT_EQ(to_printable("aü", 2), "a…");
}

TEST(text, says_how_many_there_are) {
    EXPECT_EQ(counted(0, "run", "runs"), "0 runs");
    EXPECT_EQ(counted(1, "run", "runs"), "1 run");
    EXPECT_EQ(counted(1'000, "delivery", "deliveries"), "1000 deliveries");
}

TEST(text, trims_both_ends) {
    EXPECT_EQ(trim(" \ta b\r\n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
}

} // namespace
} // namespace runwatch
