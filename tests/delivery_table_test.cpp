#include "cli/delivery_table.hpp"

#include "cli/columns.hpp"
#include "cli/sink_table.hpp"
#include "support/store_samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace runwatch::cli {
namespace {

using support::noon;

std::string const test_id = "3f0b8a52-6c1d-4e7a-9b1e-1f4a7c2d8e01";
std::string const run_id = "9a7d2c10-0b5e-4f43-8c6a-5d1e2f3a4b01";

/// A delivery to ops that has been owed since noon.
listed_delivery delivery(std::int64_t id, delivery_state state, unsigned attempts = 0, std::string error = "") {
    listed_delivery made;
    made.id = id;
    made.sink = "ops";
    made.state = state;
    made.key = {test_id, run_id};
    made.result_id = "c55e9367";
    made.result_type = "run.failed";
    made.attempts = attempts;
    made.owed_since = noon();
    made.due = noon(3'900);
    made.error = std::move(error);
    return made;
}

std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

TEST(delivery_table, shows_a_line_a_delivery_with_its_last_error_and_a_tally) {
    std::vector<listed_delivery> const all{
        delivery(9, delivery_state::pending, 3, "sink ops: https://x/ answered 503"),
        delivery(10, delivery_state::dead, 1, "sink ops: https://x/ answered 404"),
        delivery(11, delivery_state::pending, 0, "sink ops: https://x/ answered 404"),
        delivery(12, delivery_state::delivered, 1),
    };
    EXPECT_EQ(delivery_table(all, {}, noon(3'600), 0),
              "ID  STATE      SINK  RESULT  AGE  NEXT TRY  RUN\n"
              "9   pending    ops   failed  1 h  5 m       3f0b8a52-6c1d-4e7a-9b1e-1f4a7c2d8e01/"
              "9a7d2c10-0b5e-4f43-8c6a-5d1e2f3a4b01\n"
              "    tried 3 times: https://x/ answered 503\n"
              "10  dead       ops   failed  1 h  -         3f0b8a52-6c1d-4e7a-9b1e-1f4a7c2d8e01/"
              "9a7d2c10-0b5e-4f43-8c6a-5d1e2f3a4b01\n"
              "    tried once: https://x/ answered 404\n"
              "11  pending    ops   failed  1 h  5 m       3f0b8a52-6c1d-4e7a-9b1e-1f4a7c2d8e01/"
              "9a7d2c10-0b5e-4f43-8c6a-5d1e2f3a4b01\n"
              "    before: https://x/ answered 404\n"
              "12  delivered  ops   failed  1 h  -         3f0b8a52-6c1d-4e7a-9b1e-1f4a7c2d8e01/"
              "9a7d2c10-0b5e-4f43-8c6a-5d1e2f3a4b01\n"
              "4 deliveries: 2 pending, 1 dead, 1 delivered\n");
    EXPECT_EQ(delivery_table({}, {}, noon(), 80), "no deliveries\n");
}

TEST(delivery_table, fits_a_terminal) {
    std::vector<listed_delivery> const all{delivery(123'456, delivery_state::orphaned, 3, std::string(500, 'e')),
                                           delivery(9, delivery_state::pending)};
    for (std::size_t const columns : {72U, 80U, 100U, 200U})
        for (auto const& line : lines_of(delivery_table(all, {}, noon(3'600), columns)))
            EXPECT_LE(line.size(), columns) << line;
    EXPECT_NE(delivery_table(all, {}, noon(), 200).find(test_id + '/' + run_id), std::string::npos);
    auto const narrow = lines_of(delivery_table(all, {}, noon(), 80)).at(1);
    EXPECT_TRUE(narrow.ends_with("4b01")) << "the ends tell ids apart: " << narrow;
}

TEST(delivery_table, says_what_a_stopped_sink_keeps) {
    std::vector<listed_delivery> const all{delivery(1, delivery_state::pending)};
    auto const table =
        delivery_table(all, {{"ops", "sink ops: https://x/ answered 410"}, {"other", "nobody cares here"}}, noon(), 80);
    EXPECT_NE(table.find("  stopped   "), std::string::npos) << table;
    EXPECT_EQ(lines_of(table).back(), "sink ops is stopped, nothing is sent there: https://x/ answered 410; lift that "
                                      "with: runwatch sinks enable ops");
}

TEST(delivery_table, is_harmless_whatever_others_sent) {
    auto hostile = delivery(1, delivery_state::dead, 1, "\x1b[31m\n::error::x  \xFF");
    hostile.key = {"\x1b]0;owned\x07", "a\nb"};
    std::vector<listed_delivery> const all{hostile};
    for (std::size_t const columns : {0U, 80U}) {
        auto const table = delivery_table(all, {{"ops", "\x1b[31m"}}, noon(), columns);
        EXPECT_EQ(lines_of(table).size(), 5U) << table;
        for (auto const letter : table)
            EXPECT_TRUE(letter == '\n' || static_cast<unsigned char>(letter) >= ' ') << table;
    }
    EXPECT_EQ(std::ranges::count(delivery_json(all), '\n'), 3);
}

TEST(delivery_json, is_an_array_with_an_object_a_line) {
    std::vector<listed_delivery> const all{delivery(9, delivery_state::pending, 3, "HTTP 503"),
                                           delivery(10, delivery_state::delivered)};
    EXPECT_EQ(delivery_json(all),
              "[\n"
              R"({"id":9,"state":"pending","sink":"ops","result":{"id":"c55e9367","type":"run.failed"},"test_id":")" +
                  test_id + R"(","run_id":")" + run_id +
                  R"(","attempts":3,"owed_since":"2026-11-23T12:00:00.000Z","due":"2026-11-23T13:05:00.000Z",)"
                  R"("error":"HTTP 503"},)"
                  "\n"
                  R"({"id":10,"state":"delivered","sink":"ops","result":{"id":"c55e9367","type":"run.failed"},)"
                  R"("test_id":")" +
                  test_id + R"(","run_id":")" + run_id +
                  R"(","attempts":0,"owed_since":"2026-11-23T12:00:00.000Z","due":null,"error":null})"
                  "\n]\n");
    EXPECT_EQ(delivery_json({}), "[]\n");
}

TEST(sink_table, shows_a_line_a_sink_and_why_one_is_stopped) {
    std::vector<sink_row> rows(3);
    rows[0] = {"console", "stdout", true, "", 0, 0, 0};
    rows[1] = {"ops", "webhook", true, "sink ops: https://x/ answered 410", 12, 3, 0};
    rows[2] = {"old", "exec", false, "", 0, 0, 2};
    EXPECT_EQ(sink_table(rows), "NAME     TYPE     STATE            PENDING  DEAD  ORPHANED\n"
                                "console  stdout   enabled          0        0     0\n"
                                "ops      webhook  stopped          12       3     0\n"
                                "  https://x/ answered 410\n"
                                "old      exec     left the config  0        0     2\n"
                                "a stopped sink is sent nothing; lift the stop with: runwatch sinks enable NAME\n");
    EXPECT_EQ(sink_table({}), "no sinks\n");
    rows.resize(1);
    EXPECT_EQ(sink_json(rows), "[\n"
                               R"({"name":"console","type":"stdout","in_config":true,"stopped_why":null,"pending":0,)"
                               R"("dead":0,"orphaned":0})"
                               "\n]\n");
}

TEST(columns, shorten_a_text_to_its_ends) {
    EXPECT_EQ(shortened("abcdefgh", 8), "abcdefgh");
    EXPECT_EQ(shortened("abcdefghi", 8), "abc..ghi");
    EXPECT_EQ(short_ref({"abcdefghijklmnop", "qrstuvwxyz0123456789"}, 21), "abcd..mnop/qrst..6789");
    EXPECT_EQ(ascii("naïve\x1b"), "na?ve?");
}

} // namespace
} // namespace runwatch::cli
