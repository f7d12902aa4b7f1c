#include "sinks/stdout_sink.hpp"

#include "sinks/summary.hpp"
#include "support/run_coroutine.hpp"
#include "support/sample_results.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include <array>
#include <fcntl.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace runwatch {
namespace {

using namespace support;

class stdout_sink_test : public ::testing::Test {
protected:
    ~stdout_sink_test() override {
        made.reset();
        EXPECT_TRUE(runs_empty(io)) << "something is left on the loop";
    }

    /// A pipe that the sink writes to.
    void open_pipe() {
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        reader = descriptor{ends[0]};
        ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
        writer = descriptor{ends[1]};
    }

    void open_sockets() {
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        reader = descriptor{ends[0]};
        ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
        writer = descriptor{ends[1]};
    }

    stdout_sink& sink() {
        if (!made)
            made.emplace(io.get_executor(), settings, writer.get());
        return *made;
    }

    std::string deliver(run_result const& given) { return text_of(run(io, sink().deliver(given))); }

    static std::string text_of(result<void> const& done) {
        return done ? "ok" : std::string{to_string(done.error().kind)} + ": " + done.error().message;
    }

    /// A result that no pipe takes in one go.
    run_result large_result() {
        settings.format = line_format::json;
        auto large = failed_result();
        large.run->raw = R"({"logs":")" + std::string(1'000'000, 'x') + "\"}";
        return large;
    }

    auto deliver_large() {
        auto large = large_result();
        return sink().deliver(std::move(large));
    }

    /// The bytes that wait to be read.
    int unread() const {
        int count = 0;
        ::ioctl(reader.get(), FIONREAD, &count);
        return count;
    }

    /// What is written until a delivery has ended, which must succeed.
    std::string read_all(task<result<void>>& delivery) {
        std::string text;
        run_until(io, [&] {
            text += read();
            return delivery.done();
        });
        EXPECT_EQ(text_of(delivery.get()), "ok");
        return text + read();
    }

    /// What has been written so far.
    std::string read() {
        std::string text(2'000'000, '\0');
        auto const count = ::read(reader.get(), text.data(), text.size());
        text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return text;
    }

    boost::asio::io_context io;
    stdout_settings settings{"console", line_format::text, log_limit::full};
    descriptor reader;
    descriptor writer;
    std::optional<stdout_sink> made;
};

TEST_F(stdout_sink_test, writes_a_line_for_people) {
    open_pipe();
    EXPECT_EQ(deliver(failed_result()), "ok");
    EXPECT_EQ(read(), to_line(failed_result()) + '\n');
}

TEST_F(stdout_sink_test, writes_json_with_whole_logs_or_less) {
    open_pipe();
    settings.format = line_format::json;
    EXPECT_EQ(deliver(failed_result()), "ok");
    EXPECT_EQ(read(), to_json(failed_result()) + '\n');
    made.reset();
    settings.logs = log_limit::omit;
    EXPECT_EQ(deliver(failed_result()), "ok");
    EXPECT_EQ(read(), to_json(with_limited_logs(failed_result(), log_limit::omit)) + '\n');
}

TEST_F(stdout_sink_test, lets_no_remote_text_out_as_it_came) {
    open_pipe();
    EXPECT_EQ(deliver(hostile_result()), "ok");
    auto const line = read();
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST_F(stdout_sink_test, writes_to_a_file) {
    temporary_directory directory;
    writer = descriptor{::open(directory.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    EXPECT_EQ(deliver(failed_result("R1")), "ok");
    EXPECT_EQ(deliver(failed_result("R2")), "ok");
    EXPECT_EQ(content_of(directory.file("out")),
              to_line(failed_result("R1")) + '\n' + to_line(failed_result("R2")) + '\n');
}

TEST_F(stdout_sink_test, waits_for_a_slow_reader_without_holding_up_the_loop) {
    open_pipe();
    task<result<void>> delivery{io, deliver_large()};
    run_until(io, [this] { return unread() >= 65'536; });
    bool goes_on = false;
    boost::asio::post(io, [&goes_on] { goes_on = true; });
    run_until(io, [&goes_on] { return goes_on; });
    EXPECT_FALSE(delivery.done());
    EXPECT_EQ(read_all(delivery), to_json(large_result()) + '\n');
    EXPECT_EQ(::fcntl(writer.get(), F_GETFL) & O_NONBLOCK, 0) << "whoever shares the pipe must not notice";
}

TEST_F(stdout_sink_test, writes_to_a_socket_as_the_journal_has_it) {
    open_sockets();
    task<result<void>> delivery{io, deliver_large()};
    EXPECT_EQ(read_all(delivery), to_json(large_result()) + '\n');
    EXPECT_EQ(::fcntl(writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(stdout_sink_test, waits_for_a_pipe_that_somebody_made_non_blocking) {
    open_pipe();
    ASSERT_EQ(::fcntl(writer.get(), F_SETFL, O_NONBLOCK), 0);
    task<result<void>> delivery{io, deliver_large()};
    run_until(io, [this] { return unread() >= 65'536; });
    EXPECT_EQ(read_all(delivery), to_json(large_result()) + '\n');
}

TEST_F(stdout_sink_test, fails_as_transient_when_nobody_reads_any_more) {
    for (bool const is_socket : {false, true}) {
        made.reset();
        is_socket ? open_sockets() : open_pipe();
        reader.close();
        EXPECT_EQ(deliver(failed_result()),
                  "transient: sink console: standard output could not be written: nobody reads it any more");
    }
}

TEST_F(stdout_sink_test, ends_a_line_that_a_cancellation_cut_in_two) {
    open_pipe();
    task<result<void>> delivery{io, deliver_large()};
    run_until(io, [this] { return unread() >= 65'536; });
    delivery.cancel();
    EXPECT_TRUE(ends_cancelled(delivery));
    EXPECT_TRUE(to_json(large_result()).starts_with(read()));
    EXPECT_EQ(deliver(failed_result()), "ok");
    EXPECT_EQ(read(), '\n' + to_json(failed_result()) + '\n');
}

} // namespace
} // namespace runwatch
