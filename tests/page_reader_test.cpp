#include "telnyx/page_reader.hpp"

#include "runwatch/run_json.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace runwatch {
namespace {

using telnyx::page_reader;

run_list const of_test{"T1"};
run_list const of_suite{"nightly", "S1"};

result<run_page> read_page(std::string_view body, run_list const& what = of_test, std::size_t at_once = 1) {
    page_reader reader{body, what};
    while (reader.read(at_once)) {
    }
    return reader.take();
}

/// The runs of a page as `TEST/RUN status`, separated by commas; or why there is none.
std::string text_of(result<run_page> const& page) {
    if (!page)
        return page.error().message;
    std::string text;
    for (auto const& each : page->runs)
        text.append(text.empty() ? "" : ", ").append(each.run.key.ref()).append(" ").append(each.run.status_text);
    return text;
}

std::string entry(std::string const& run, std::string const& status = "running") {
    return R"({"run_id":")" + run + R"(","test_id":"T1","status":")" + status + R"("})";
}

TEST(page_reader, reads_every_run_and_how_many_there_are) {
    auto const page = read_page(R"({"data":[)" + entry("R1", "passed") + "," + entry("R2") +
                                R"(],"meta":{"total_pages":3,"total_results":205,"page_number":1,"page_size":100}})");
    EXPECT_EQ(text_of(page), "T1/R1 passed, T1/R2 running");
    EXPECT_EQ(page->total_pages, 3U);
    EXPECT_EQ(page->total_results, 205U);
    EXPECT_EQ(page->runs[0].run.status, run_status::passed);
}

TEST(page_reader, keeps_each_runs_text_byte_for_byte_and_on_one_line) {
    constexpr std::string_view first =
        R"({"run_id" : "R1","status":"passed", "n":1.10,"big":123456789012345678901234567890})";
    auto const page = read_page(std::string{"{\n  \"data\": [\n "} + std::string{first} +
                                " ,\n  {\n\t\"run_id\": \"R2\",\r\n \"status\": \"a \\u00e9 \\n\" }\n ]\n}\n");
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->runs.size(), 2U);
    EXPECT_EQ(page->runs[0].run.raw, first);
    EXPECT_EQ(page->runs[1].run.raw, R"({"run_id":"R2","status":"a \u00e9 \n"})");
}

TEST(page_reader, names_runs_as_the_list_was_asked_for) {
    auto const body = R"({"data":[{"run_id":"r1","test_id":"t1","status":"passed"},{"run_id":"r2","status":"passed"},)"
                      R"({"run_id":"r3","test_id":null,"status":"passed"}]})";
    EXPECT_EQ(text_of(read_page(body)), "T1/r1 passed, T1/r2 passed, T1/r3 passed");
    EXPECT_EQ(text_of(read_page(body, of_suite)), "t1/r1 passed") << "a suite's list must say of which test a run is";
}

TEST(page_reader, leaves_out_entries_that_make_no_sense) {
    for (auto const* senseless :
         {"null", "7", "\"R2\"", "[]", "{}", R"({"status":"passed"})", R"({"run_id":"","status":"passed"})",
          R"({"run_id":7,"status":"passed"})", R"({"run_id":"R2","test_id":"T2","status":"passed"})"})
        EXPECT_EQ(text_of(read_page(R"({"data":[)" + entry("R1") + "," + senseless + "," + entry("R3") + "]}")),
                  "T1/R1 running, T1/R3 running")
            << senseless;
}

TEST(page_reader, shows_a_run_without_a_usable_status_as_one_that_is_there) {
    for (auto const* without :
         {R"({"run_id":"R2"})", R"({"run_id":"R2","status":null})", R"({"run_id":"R2","status":""})",
          R"({"run_id":"R2","status":1,"logs":"","detail_status":[]})"})
        EXPECT_EQ(text_of(read_page(R"({"data":[)" + entry("R1") + "," + without + "]}")), "T1/R1 running, T1/R2 ")
            << without;
}

TEST(page_reader, keeps_what_a_gateway_or_the_future_adds) {
    for (std::string const& body : {R"({"data":{"data":[)" + entry("R1") + R"(],"meta":{"total_pages":2}}, "x":[1]})",
                                    R"({"meta":{"total_pages":2},"x":{"data":[]},"data":[)" + entry("R1") + "]}",
                                    "\xEF\xBB\xBF {\"data\":[" + entry("R1") + R"(],"meta":{"total_pages":2.0}} )",
                                    R"({"data":[)" + entry("R0") + R"(],"data":[)" + entry("R1") +
                                        R"(],"meta":{"total_pages":2,"total_results":-1}})"}) {
        auto const page = read_page(body);
        EXPECT_EQ(text_of(page), "T1/R1 running") << body;
        EXPECT_EQ(page->total_pages, 2U) << body;
        EXPECT_EQ(page->total_results, 0U) << body;
    }
}

TEST(page_reader, does_without_a_meta_that_says_anything) {
    for (auto const* meta : {"", R"(,"meta":null)", R"(,"meta":[])", R"(,"meta":{})", R"(,"meta":{"total_pages":"3"})",
                             R"(,"meta":{"total_pages":-1,"total_results":1e300})", R"(,"meta":{"total_pages":0})"}) {
        auto const page = read_page(std::string{R"({"data":[])"} + meta + "}");
        ASSERT_TRUE(page) << meta;
        EXPECT_EQ(page->total_pages, 0U) << meta;
        EXPECT_EQ(page->total_results, 0U) << meta;
    }
}

TEST(page_reader, tells_whole_runs_from_those_that_a_fetch_knows_more_of) {
    auto const is_whole = [](std::string const& members) {
        auto const page = read_page(R"({"data":[{"run_id":"R1","status":"passed")" + members + "}]}");
        EXPECT_EQ(page->runs.size(), 1U) << members;
        return page->runs.at(0).whole;
    };
    EXPECT_TRUE(is_whole(R"(,"logs":"","detail_status":[])"));
    EXPECT_FALSE(is_whole(""));
    EXPECT_FALSE(is_whole(R"(,"logs":"x")"));
    EXPECT_FALSE(is_whole(R"(,"detail_status":[])"));
    EXPECT_FALSE(is_whole(R"(,"logs":null,"detail_status":[])"));
    EXPECT_FALSE(is_whole(R"(,"logs":"x","detail_status":null)"));
}

TEST(page_reader, fails_where_nothing_says_what_the_list_is) {
    for (std::string const& body : {std::string{},
                                    std::string{" \n"},
                                    std::string{"null"},
                                    std::string{"<html><body>502</body></html>"},
                                    std::string{"{"},
                                    std::string{"{}"},
                                    std::string{"[]"},
                                    "[" + entry("R1") + "]",
                                    entry("R1"),
                                    R"({"data":null})" + std::string{},
                                    std::string{R"({"data":{}})"},
                                    std::string{R"({"data":"x"})"},
                                    R"({"data":{"data":{"data":[)" + entry("R1") + "]}}}",
                                    std::string{R"({"errors":[{"code":"1"}]})"},
                                    R"({"data":[)" + entry("R1") + "]",
                                    R"({"data":[)" + entry("R1"),
                                    R"({"data":[)" + entry("R1") + "}",
                                    R"({"data":[)" + entry("R1") + "]} x",
                                    R"({"data":[)" + entry("R1") + R"(],"meta":)",
                                    R"({"data":{"data":[)" + entry("R1") + "]}"}) {
        auto const page = read_page(body);
        ASSERT_FALSE(page) << body;
        EXPECT_EQ(page.error().kind, failure_kind::transient) << body;
        EXPECT_NE(page.error().message.find("makes no sense"), std::string::npos) << body;
    }
}

TEST(page_reader, takes_no_run_out_of_the_middle_of_what_is_no_json) {
    // A quote that nobody escaped turns the inside of the logs out.
    auto const trap =
        R"({"run_id":"R1","status":"running","logs":"it said "},)" + entry("R2", "passed") + R"(,{" and left"})";
    EXPECT_FALSE(read_page(R"({"data":[)" + trap + "," + entry("R3") + "]}"));
}

TEST(page_reader, fails_for_every_page_that_is_cut_short) {
    auto const body = R"({"data":[)" + entry("R1") + "," + entry("R2") + R"(],"meta":{"total_pages":1}})";
    for (std::size_t length = 0; length < body.size(); ++length)
        EXPECT_FALSE(read_page(std::string_view{body}.substr(0, length))) << length;
    EXPECT_TRUE(read_page(body));
}

TEST(page_reader, mends_bytes_that_are_not_utf8_run_by_run) {
    auto const page = read_page("{\"data\":[{\"run_id\":\"R1\",\"status\":\"passed\",\"logs\":\"a \xFF b\"},"
                                "{\"run_id\":\"R2\",\"status\":\"passed\",\"logs\":\"half \\ud83d\"}],\"x\":\"\xFF\"}");
    ASSERT_EQ(text_of(page), "T1/R1 passed, T1/R2 passed");
    EXPECT_EQ(logs_of(page->runs[0].run), "a \uFFFD b");
    EXPECT_EQ(page->runs[0].run.raw, "{\"run_id\":\"R1\",\"status\":\"passed\",\"logs\":\"a \uFFFD b\"}");
    EXPECT_EQ(logs_of(page->runs[1].run), "half \uFFFD");
}

TEST(page_reader, reads_in_pieces_and_no_more_at_once_than_asked) {
    std::string body = R"({"data":[)";
    for (int number = 0; number < 100; ++number)
        body.append(number == 0 ? "" : ",")
            .append(R"({"run_id":")" + std::to_string(number) + R"(","status":"running","logs":")")
            .append(std::string(10'000, '.') + R"("})");
    body += R"(],"meta":{"total_pages":1}})";
    page_reader reader{body, of_test};
    int pieces = 1;
    while (reader.read(100'000))
        ++pieces;
    EXPECT_EQ(pieces, 11);
    auto const page = reader.take();
    ASSERT_TRUE(page);
    EXPECT_EQ(page->runs.size(), 100U);
    EXPECT_EQ(page->total_pages, 1U);
}

TEST(page_reader, says_of_each_run_what_a_fetch_would_or_nothing) {
    // Whatever happens to the bytes on the way: a page is read as sent, or it fails, but for what changed within a run
    // and left it valid.
    auto const body = R"({"data":[)" + entry("R1", "passed") + "," + entry("R2", "failed") + R"(],"meta":{}})";
    std::mt19937 random{7};
    constexpr std::string_view letters = "{}[]\",:\\ x";
    for (int round = 0; round < 20'000; ++round) {
        auto damaged = body;
        damaged[random() % damaged.size()] = letters[random() % letters.size()];
        if (round % 2 == 0)
            damaged.erase(random() % damaged.size(), random() % 8);
        auto const page = read_page(damaged);
        if (!page)
            continue;
        EXPECT_LE(page->runs.size(), 2U) << damaged;
        for (auto const& each : page->runs) {
            auto const again = read_run(each.run.key, each.run.raw);
            ASSERT_TRUE(again) << damaged;
            EXPECT_EQ(again->status_text, each.run.status_text) << damaged;
            EXPECT_NE(damaged.find(each.run.raw), std::string::npos) << damaged;
        }
    }
}

} // namespace
} // namespace runwatch
