#include "runwatch/store.hpp"
#include "store/sqlite.hpp"
#include "support/run_coroutine.hpp"
#include "support/store_samples.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace runwatch {
namespace {

using support::found;
using support::noon;
using support::sample_result;
using support::to_sinks;

class state_editor_test : public testing::Test {
protected:
    void open() {
        store_.emplace(io_.get_executor(), store::options{.path = path_});
        get(store_->set_sinks({{"ops", "webhook"}, {"file", "file"}}, noon()));
    }

    template <class T>
    T get(boost::asio::awaitable<T> call) {
        return support::run(io_, std::move(call));
    }

    void record(std::string const& run) { get(store_->record(found({sample_result({"T", run})}), to_sinks({"ops"}))); }

    /// Records a result of which the delivery was given up.
    void record_dead(std::string const& run) {
        record(run);
        get(store_->settle({{count(), delivery_state::dead, noon(1), {}, "HTTP 400"}}));
    }

    std::int64_t count() const { return static_cast<std::int64_t>(state_reader{path_}.deliveries({}).size()); }

    std::size_t count(delivery_state state) const {
        delivery_filter filter;
        filter.states = {state};
        return state_reader{path_}.deliveries(filter).size();
    }

    bool has(std::string const& suffix) const { return std::filesystem::exists(path_ + suffix); }

    boost::asio::io_context io_;
    support::temporary_directory directory_;
    std::string const path_ = directory_.file("state.db");
    state_editor const editor_{path_};
    std::optional<store> store_;
};

TEST_F(state_editor_test, edits_beside_a_daemon_that_sees_it) {
    open();
    record_dead("R1");
    record_dead("R2");
    EXPECT_TRUE(get(store_->changed_by_others())) << "the first time";
    EXPECT_FALSE(get(store_->changed_by_others()));
    record_dead("R3");
    EXPECT_FALSE(get(store_->changed_by_others())) << "its own doing";

    delivery_filter second;
    second.ids = {2};
    EXPECT_EQ(editor_.retry(second, noon(60)), 1U);
    EXPECT_TRUE(get(store_->changed_by_others()));
    EXPECT_FALSE(get(store_->changed_by_others()));
    auto const due = get(store_->due("ops", noon(60), 9, {}));
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].result.key.run_id, "R2");

    EXPECT_EQ(editor_.drop({}), 3U);
    EXPECT_TRUE(get(store_->changed_by_others()));
    EXPECT_EQ(get(store_->next_due("ops", {})), std::nullopt);
    EXPECT_EQ(state_reader{path_}.owner(), ::getpid()) << "the lock stays with the daemon";
}

TEST_F(state_editor_test, lifts_the_stop_of_a_sink_and_says_why_it_was) {
    open();
    record("R1");
    get(store_->stop_sink("ops", "answered 410 Gone"));
    EXPECT_EQ(editor_.enable_sink("ops", noon(60)), "answered 410 Gone");
    EXPECT_TRUE(get(store_->stopped_sinks()).empty());
    EXPECT_EQ(editor_.enable_sink("ops", noon(60)), std::nullopt);
    EXPECT_EQ(editor_.enable_sink("unknown", noon(60)), std::nullopt);
}

TEST_F(state_editor_test, lifts_the_stop_of_a_sink_that_is_only_now_back_in_the_config) {
    open();
    get(store_->stop_sink("ops", "answered 410 Gone"));
    get(store_->set_sinks({}, noon()));
    store_.reset();
    EXPECT_EQ(editor_.enable_sink("ops", noon(60)), "answered 410 Gone");
    open();
    EXPECT_TRUE(get(store_->stopped_sinks()).empty());
}

TEST_F(state_editor_test, edits_what_a_daemon_left_and_leaves_one_file) {
    open();
    record_dead("R1");
    store_.reset();
    EXPECT_EQ(editor_.retry({}, noon(60)), 1U);
    EXPECT_FALSE(has("-wal")) << "whoever reads finds it in the file itself";
    EXPECT_EQ(count(delivery_state::pending), 1U);
    open();
    EXPECT_EQ(get(store_->due("ops", noon(60), 9, {})).size(), 1U);
}

TEST_F(state_editor_test, changes_nothing_that_it_refuses) {
    EXPECT_THROW(editor_.drop({}), state_error);
    EXPECT_FALSE(has("")) << "no file is made";
    std::ofstream(path_) << "hello, world";
    EXPECT_THROW(editor_.drop({}), state_error);
    std::filesystem::remove(path_);
    open();
    record_dead("R1");
    store_.reset();
    for (auto const* version : {"PRAGMA user_version = 7", "PRAGMA user_version = 0"}) {
        sqlite::database{path_, sqlite::access::read_write}.script(version);
        EXPECT_THROW(editor_.drop({}), state_error) << version;
        EXPECT_FALSE(has("-wal")) << version;
    }
    sqlite::database{path_, sqlite::access::read_write}.script("PRAGMA user_version = 4");
    EXPECT_EQ(count(delivery_state::dead), 1U);
}

TEST_F(state_editor_test, in_another_process_neither_fails_nor_loses_anything) {
    constexpr int results = 100;
    open();
    record("R0");
    store_.reset();
    int go[2] = {-1, -1};
    ASSERT_EQ(::pipe(go), 0);
    // SQLite does not survive a fork: the other process begins before there is anything of it here.
    auto const child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        char byte = 0;
        ::alarm(30);
        ::close(go[1]);
        if (::read(go[0], &byte, 1) != 1)
            std::_Exit(2);
        try {
            // Every other delivery is dropped as soon as it is there.
            for (std::int64_t id = 1; id <= results; id += 2) {
                delivery_filter one;
                one.ids = {id};
                while (editor_.drop(one) == 0)
                    editor_.retry({}, noon(60));
            }
        } catch (state_error const&) {
            std::_Exit(1);
        }
        std::_Exit(0);
    }
    ::close(go[0]);
    open();
    ASSERT_EQ(::write(go[1], "x", 1), 1);
    ::close(go[1]);
    for (int number = 1; number < results; ++number)
        record("R" + std::to_string(number));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "an edit failed";
    EXPECT_TRUE(get(store_->changed_by_others()));
    EXPECT_EQ(get(store_->due("ops", noon(60), 1000, {})).size(), results / 2U);
    EXPECT_EQ(count(delivery_state::dropped), results / 2U);
    EXPECT_EQ(count(), results);
}

} // namespace
} // namespace runwatch
