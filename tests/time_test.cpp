#include "runwatch/time.hpp"

#include <gtest/gtest.h>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

constexpr timestamp morning =
    std::chrono::sys_days{std::chrono::year{2024} / 1 / 24} + std::chrono::hours{10} + std::chrono::minutes{30};

TEST(time, reads_what_the_api_writes) {
    EXPECT_EQ(parse_timestamp("2024-01-24T10:30:00Z"), morning);
    EXPECT_EQ(parse_timestamp("2024-01-24T10:30:00.120Z"), morning + 120ms);
    EXPECT_EQ(parse_timestamp("2024-01-24T10:30:00.123456789Z"), morning + 123ms);
    EXPECT_EQ(parse_timestamp("2024-01-24T10:30:00.5+00:00"), morning + 500ms);
    EXPECT_EQ(parse_timestamp("2024-01-24T12:30:00+02:00"), morning);
    EXPECT_EQ(parse_timestamp("2024-01-24T05:00:00-0530"), morning);
    EXPECT_EQ(parse_timestamp("2024-01-24 10:30:00"), morning);
    EXPECT_EQ(parse_timestamp("2016-12-31T23:59:60Z"),
              timestamp{std::chrono::sys_days{std::chrono::year{2017} / 1 / 1}});
}

TEST(time, refuses_what_is_no_time) {
    for (auto const* text :
         {"", "now", "2024-01-24", "2024-13-24T10:30:00Z", "2024-02-30T10:30:00Z", "2024-01-24T24:30:00Z",
          "2024-01-24T10:61:00Z", "2024-01-24T10:30:00Zx", "2024-01-24T10:30:00.Z", "2024-01-24T10:30:00+2",
          "24-01-24T10:30:00Z", "2024-01-24T10:30:-1Z"})
        EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
}

TEST(time, reads_dates_of_http) {
    EXPECT_EQ(parse_http_date("Wed, 24 Jan 2024 10:30:00 GMT"), morning);
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), timestamp{784'111'777s});
    for (auto const* text : {"", "Wed, 24 Jan 2024 10:30:00", "Wed, 24 Jan 2024 10:30:00 GMT ", "2024-01-24T10:30:00Z",
                             "Wed, 24 Jan 2024 10:61:00 GMT", "Wed, 30 Feb 2024 10:30:00 GMT", "1706092200",
                             "Wed, 24 Foo 2024 10:30:00 GMT", "Wed 24 Jan 2024 10:30:00 GMT",
                             "Wednesday, 24-Jan-24 10:30:00 GMT", "Wed, 24 Jan 2024 10:30:00 UTC"})
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(time, writes_what_it_reads) {
    EXPECT_EQ(format_timestamp(morning + 4ms), "2024-01-24T10:30:00.004Z");
    EXPECT_EQ(parse_timestamp(format_timestamp(morning - 1ms)), morning - 1ms);
    EXPECT_EQ(format_timestamp(timestamp{-1ms}), "1969-12-31T23:59:59.999Z");
}

} // namespace
} // namespace runwatch
