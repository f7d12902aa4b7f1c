#include "sinks/file_sink.hpp"

#include "support/run_coroutine.hpp"
#include "support/sample_results.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace runwatch {
namespace {

using namespace support;

class file_sink_test : public ::testing::Test {
protected:
    ~file_sink_test() override {
        made.reset();
        EXPECT_TRUE(runs_empty(io)) << "something is left on the loop";
    }

    file_sink& sink() {
        if (!made)
            made.emplace(settings, clock);
        return *made;
    }

    std::string deliver(run_result const& given) {
        auto const done = run(io, sink().deliver(given));
        return done ? "ok" : std::string{to_string(done.error().kind)} + ": " + done.error().message;
    }

    static std::string line_of(run_result const& given) { return to_json(given) + '\n'; }

    boost::asio::io_context io;
    system_clock clock{io.get_executor()};
    temporary_directory directory;
    std::string path = directory.file("results.jsonl");
    file_settings settings{"results", path, {}, log_limit::full};
    std::optional<file_sink> made;
};

TEST_F(file_sink_test, appends_each_result_as_a_line) {
    EXPECT_EQ(deliver(failed_result("R1")), "ok");
    EXPECT_EQ(deliver(failed_result("R2")), "ok");
    EXPECT_EQ(content_of(path), line_of(failed_result("R1")) + line_of(failed_result("R2")));
}

TEST_F(file_sink_test, limits_logs_if_it_is_asked_to) {
    settings.logs = log_limit::omit;
    EXPECT_EQ(deliver(failed_result()), "ok");
    EXPECT_EQ(content_of(path), line_of(with_limited_logs(failed_result(), log_limit::omit)));
}

TEST_F(file_sink_test, opens_nothing_before_it_is_needed) {
    sink();
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_TRUE(run(io, sink().find_delivered({"ID"}))->empty());
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(file_sink_test, finds_what_it_has_delivered) {
    EXPECT_EQ(deliver(failed_result("R1")), "ok");
    made.reset();
    auto const delivered = result_id({"T1", "R1"}, outcome::failed);
    auto const found = run(io, sink().find_delivered({result_id({"T1", "R2"}, outcome::failed), delivered}));
    EXPECT_EQ(*found, std::vector<std::string>{delivered});
}

TEST_F(file_sink_test, writes_many_together_in_their_order) {
    std::string expected;
    std::vector<task<result<void>>> deliveries;
    for (int number = 0; number < 50; ++number) {
        auto const each = failed_result("R" + std::to_string(number));
        expected += line_of(each);
        deliveries.emplace_back(io, sink().deliver(each));
    }
    for (auto& each : deliveries)
        EXPECT_TRUE(each.get());
    EXPECT_EQ(content_of(path), expected);
    EXPECT_EQ(sink().concurrency(), 64U);
}

TEST_F(file_sink_test, fails_as_transient_and_names_itself_and_the_file) {
    std::filesystem::remove(directory.path());
    EXPECT_EQ(deliver(failed_result()),
              "transient: sink results: " + path + " cannot be opened: its directory is missing");
    auto const found = run(io, sink().find_delivered({"ID"}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message, "sink results: " + path + " cannot be opened: its directory is missing");
    std::filesystem::create_directory(directory.path());
    EXPECT_EQ(deliver(failed_result()), "ok");
    EXPECT_EQ(content_of(path), line_of(failed_result()));
}

TEST_F(file_sink_test, lets_go_of_the_file_when_it_is_to_reopen) {
    EXPECT_EQ(deliver(failed_result("R1")), "ok");
    file_sink other{settings, clock};
    EXPECT_FALSE(run(io, other.deliver(failed_result("R2")))) << "the file is locked";
    sink().reopen();
    EXPECT_TRUE(run(io, sink().find_delivered({}))) << "it is opened again when it is needed";
    sink().reopen();
    std::filesystem::rename(path, path + ".1");
    EXPECT_EQ(deliver(failed_result("R3")), "ok");
    EXPECT_EQ(content_of(path), line_of(failed_result("R3")));
    EXPECT_EQ(content_of(path + ".1"), line_of(failed_result("R1")));
}

TEST_F(file_sink_test, finishes_a_line_whose_delivery_is_cancelled) {
    task<result<void>> delivery{io, sink().deliver(failed_result("R1"))};
    delivery.cancel();
    try {
        delivery.get();
    } catch (boost::system::system_error const& error) {
        EXPECT_EQ(error.code(), boost::asio::error::operation_aborted);
    }
    EXPECT_EQ(deliver(failed_result("R2")), "ok");
    auto const both = line_of(failed_result("R1")) + line_of(failed_result("R2"));
    EXPECT_TRUE(both.ends_with(content_of(path)));
}

} // namespace
} // namespace runwatch
