#include "app/recorder.hpp"

#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/store_samples.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

class recorder_test : public testing::Test {
protected:
    recorder_test() {
        std::vector<sink_identity> sinks;
        sinks.push_back({"ops", "scripted"});
        run(io_, store_.set_sinks(sinks, clock_.utc()));
    }

    ~recorder_test() override {
        if (!running_.done()) {
            running_.cancel();
            EXPECT_TRUE(ends_cancelled(running_));
        }
    }

    /// The store has a thread of its own, so an idle loop proves nothing: what it is asked it does in order.
    void settle() {
        for (int round = 0; round < 6; ++round) {
            run(io_, store_.stopped_sinks());
            clock_.settle();
        }
    }

    std::size_t recorded() { return run(io_, store_.deliveries(delivery_filter{})).size(); }

    /// A router that fails as a full disk does, while it is full.
    store::router route() {
        return [this](run_result const&, watch_record const&) -> std::vector<std::string> {
            if (disk_is_full_)
                throw state_error{"the disk is full"};
            return {"ops"};
        };
    }

    boost::asio::io_context io_;
    manual_clock clock_{io_};
    store store_{io_.get_executor(), store::options{":memory:"}};
    std::atomic<bool> disk_is_full_ = false;
    std::vector<std::string> told_;
    recorder recorder_{clock_, store_, route(),
                       recorder::listener{[this](std::vector<owed_delivery> const& first_owed) {
                                              for (auto const& sink : sinks_of(first_owed))
                                                  told_.push_back(sink);
                                          },
                                          [this](std::string const& error, duration) { told_.push_back(error); }}};
    task<void> running_{io_, recorder_.run()};
};

TEST_F(recorder_test, writes_what_comes_together_at_once) {
    settle();
    auto const before = store_.commits();
    for (int index = 0; index < 500; ++index)
        recorder_.add(sample_result({"T", "R" + std::to_string(index)}));
    settle();
    EXPECT_EQ(recorded(), 500U);
    EXPECT_EQ(store_.commits() - before, 1U);
    EXPECT_EQ(told_, std::vector<std::string>{"ops"});
}

TEST_F(recorder_test, keeps_what_cannot_be_written_until_it_can) {
    disk_is_full_ = true;
    recorder_.add(sample_result({"T", "R1"}));
    settle();
    recorder_.add(sample_result({"T", "R2"}));
    settle();
    EXPECT_EQ(recorder_.pending(), 2U);
    EXPECT_EQ(told_, std::vector<std::string>{"the disk is full"});
    disk_is_full_ = false;
    clock_.advance(1min);
    settle();
    EXPECT_EQ(recorder_.pending(), 0U);
    EXPECT_EQ(recorded(), 2U);
    EXPECT_EQ(told_.back(), "ops");
}

TEST_F(recorder_test, tries_a_full_disk_ever_less_often) {
    disk_is_full_ = true;
    recorder_.add(sample_result({"T", "R1"}));
    settle();
    for (int minute = 0; minute < 10; ++minute) {
        for (int second = 0; second < 60; ++second) {
            clock_.advance(1s);
            settle();
        }
    }
    EXPECT_GT(told_.size(), 15U);
    EXPECT_LT(told_.size(), 40U);
    disk_is_full_ = false;
    clock_.advance(1min);
    settle();
    EXPECT_EQ(recorded(), 1U);
}

TEST_F(recorder_test, closed_writes_what_is_left_and_ends) {
    recorder_.add(sample_result({"T", "R1"}));
    recorder_.close();
    settle();
    ASSERT_TRUE(running_.done());
    running_.get();
    EXPECT_EQ(recorded(), 1U);
}

} // namespace
} // namespace runwatch
