#include "runwatch/units.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

TEST(units, reads_every_unit) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("3s"), 3s);
    EXPECT_EQ(parse_duration("5m"), 5min);
    EXPECT_EQ(parse_duration("24h"), 24h);
    EXPECT_EQ(parse_duration("7d"), 168h);
    EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(units, reads_several_units_largest_first) {
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("1m500ms"), 60'500ms);
    EXPECT_EQ(parse_duration("30m1h"), std::nullopt);
    EXPECT_EQ(parse_duration("1s1s"), std::nullopt);
}

TEST(units, refuses_what_has_no_clear_meaning) {
    for (auto const* text : {"", "30", "s", "-3s", "+3s", "1.5s", "3 s", "3S", "3sec", "3s ", " 3s", "1y", "0x10s",
                             "99999999999s", "4000000000d", "3s4"})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(units, writes_the_two_largest_units) {
    EXPECT_EQ(format_duration(0ms), "0 s");
    EXPECT_EQ(format_duration(250ms), "250 ms");
    EXPECT_EQ(format_duration(1'400ms), "1 s");
    EXPECT_EQ(format_duration(92s), "1 m 32 s");
    EXPECT_EQ(format_duration(1h + 5s), "1 h");
    EXPECT_EQ(format_duration(25h), "1 d 1 h");
    EXPECT_EQ(format_duration(59'700ms), "1 m");
}

TEST(units, spells_a_duration_as_it_is_read) {
    EXPECT_EQ(spell_duration(0ms), "0s");
    EXPECT_EQ(spell_duration(250ms), "250ms");
    EXPECT_EQ(spell_duration(90min), "1h30m");
    EXPECT_EQ(spell_duration(24h), "1d");
    EXPECT_EQ(spell_duration(25h + 1ms), "1d1h1ms");
    for (auto const value : {0ms, 1ms, 999ms, 61'001ms, 86'400'000ms, 3'162'240'000'000ms})
        EXPECT_EQ(parse_duration(spell_duration(value)), value);
}

TEST(units, reads_every_unit_of_size) {
    EXPECT_EQ(parse_size("0B"), 0);
    EXPECT_EQ(parse_size("512B"), 512);
    EXPECT_EQ(parse_size("64KiB"), 65'536);
    EXPECT_EQ(parse_size("50MiB"), 52'428'800);
    EXPECT_EQ(parse_size("2GiB"), 2'147'483'648);
    EXPECT_EQ(parse_size("1TiB"), 1'099'511'627'776);
    EXPECT_EQ(parse_size("1024TiB"), 1'125'899'906'842'624);
}

TEST(units, refuses_sizes_that_have_no_clear_meaning) {
    for (auto const* text : {"", "50", "MiB", "-1B", "+1B", "1.5MiB", "50 MiB", "50MB", "50M", "50mib", "50MiB ",
                             " 50MiB", "0x10B", "1KiB1B", "1025TiB", "99999999999999999999B", "18014398509481984KiB"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(units, writes_a_size_in_the_largest_unit_that_fits) {
    EXPECT_EQ(format_size(0), "0B");
    EXPECT_EQ(format_size(1), "1B");
    EXPECT_EQ(format_size(1025), "1025B");
    EXPECT_EQ(format_size(65'536), "64KiB");
    EXPECT_EQ(format_size(52'428'800), "50MiB");
    EXPECT_EQ(format_size(std::uint64_t{1024} << 40), "1024TiB");
    for (std::uint64_t const value : {0U, 1U, 1023U, 1024U, 1536U, 1048576U, 4294967295U})
        EXPECT_EQ(parse_size(format_size(value)), value);
}

} // namespace
} // namespace runwatch
