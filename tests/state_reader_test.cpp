#include "runwatch/store.hpp"
#include "support/run_coroutine.hpp"
#include "support/store_samples.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <unistd.h>

namespace runwatch {
namespace {

using support::found;
using support::noon;
using support::sample_result;
using support::sample_watch;
using support::to_sinks;

class state_reader_test : public testing::Test {
protected:
    void open() {
        store_.emplace(io_.get_executor(), store::options{.path = path_});
        get(store_->set_sinks({{"ops", "webhook"}, {"file", "file"}}, noon()));
    }

    template <class T>
    T get(boost::asio::awaitable<T> call) {
        return support::run(io_, std::move(call));
    }

    void record(run_key const& key) { get(store_->record(found({sample_result(key)}), to_sinks({"ops"}))); }

    /// Every file of the directory and a digest of its content, which would be too long to be shown.
    std::map<std::string, std::size_t> files() const {
        std::map<std::string, std::size_t> all;
        for (auto const& entry : std::filesystem::directory_iterator{directory_.path()}) {
            std::ifstream file{entry.path(), std::ios::binary};
            std::string const content{std::istreambuf_iterator<char>{file}, {}};
            all[entry.path().filename()] = std::hash<std::string>{}(content);
        }
        return all;
    }

    boost::asio::io_context io_;
    support::temporary_directory directory_;
    std::string const path_ = directory_.file("state.db");
    std::optional<store> store_;
};

TEST_F(state_reader_test, reads_beside_a_daemon) {
    open();
    state_reader const reader{path_};
    EXPECT_EQ(reader.deliveries({}).size(), 0U);
    record({"T", "R1"});
    record({"T", "R2"});
    auto before = files();
    EXPECT_EQ(reader.deliveries({}).size(), 2U);
    delivery_filter filter;
    filter.sink = "file";
    EXPECT_EQ(reader.deliveries(filter).size(), 0U);
    // In one process SQLite shares the index of the log, in which a reader marks its place.
    auto after = files();
    EXPECT_EQ(after.erase("state.db-shm") + before.erase("state.db-shm"), 2U);
    EXPECT_EQ(after, before);
    record({"T", "R3"});
    EXPECT_EQ(reader.deliveries({}).size(), 3U);
}

TEST_F(state_reader_test, reads_what_a_daemon_left_and_touches_nothing) {
    open();
    record({"T", "R1"});
    store_.reset();
    auto const before = files();
    EXPECT_EQ(before.size(), 2U);
    state_reader const reader{path_};
    EXPECT_EQ(reader.deliveries({}).size(), 1U);
    EXPECT_EQ(reader.last_reload().generation, 0);
    EXPECT_EQ(files(), before);
    open();
    record({"T", "R2"});
    EXPECT_EQ(reader.deliveries({}).size(), 2U) << "a daemon that starts later is no matter";
}

TEST_F(state_reader_test, reads_what_a_killed_daemon_left_and_touches_nothing) {
    open();
    record({"T", "R1"});
    auto const left = directory_.file("left.db");
    for (auto const* suffix : {"", "-wal", "-shm"})
        std::filesystem::copy_file(path_ + suffix, left + suffix);
    store_.reset();
    auto const before = files();
    EXPECT_EQ(state_reader{left}.deliveries({}).size(), 1U);
    EXPECT_EQ(files(), before);
    std::filesystem::remove(left + "-shm");
    EXPECT_THROW(state_reader(left).last_reload(), state_error);
    EXPECT_EQ(files().size(), before.size() - 1);
}

TEST_F(state_reader_test, says_that_there_is_no_file) {
    try {
        state_reader const reader{path_};
        FAIL();
    } catch (state_error const& error) {
        EXPECT_NE(std::string{error.what()}.find(path_ + ": there is none"), std::string::npos) << error.what();
    }
    EXPECT_TRUE(files().empty());
}

TEST_F(state_reader_test, refuses_what_is_no_state_file) {
    std::ofstream(path_) << "hello, world";
    EXPECT_THROW(state_reader(path_).last_reload(), state_error);
    std::filesystem::resize_file(path_, 0);
    EXPECT_THROW(state_reader(path_).last_reload(), state_error) << "an empty one";
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(state_reader_test, names_the_daemon_that_has_the_file) {
    open();
    state_reader const reader{path_};
    EXPECT_EQ(reader.owner(), ::getpid());
    store_.reset();
    EXPECT_EQ(reader.owner(), std::nullopt);
}

TEST_F(state_reader_test, shows_what_the_last_reload_came_to) {
    open();
    state_reader const reader{path_};
    get(store_->note_reload("runwatch.yaml:3: unknown key"));
    EXPECT_EQ(reader.last_reload().generation, 1);
    EXPECT_EQ(reader.last_reload().problem, "runwatch.yaml:3: unknown key");
    get(store_->note_reload(""));
    store_.reset();
    open();
    get(store_->note_reload(""));
    EXPECT_EQ(reader.last_reload().generation, 3);
    EXPECT_EQ(reader.last_reload().problem, "");
}

TEST_F(state_reader_test, tells_the_history_of_a_run) {
    open();
    state_reader const reader{path_};
    get(store_->watch({sample_watch({"T", "R1"})}));
    findings all;
    all.changes = {{{"T", "R1"}, noon(1), "starting"}, {{"t", "r1"}, noon(2), "running"}};
    get(store_->record(all, to_sinks({"ops"})));
    auto watched = reader.history({"t", "R1"});
    ASSERT_TRUE(watched.watch);
    EXPECT_EQ(watched.watch->status_text, "running");
    EXPECT_FALSE(watched.result);
    ASSERT_EQ(watched.changes.size(), 2U);
    EXPECT_EQ(watched.changes[0].status_text, "starting");
    EXPECT_EQ(watched.changes[1].at, noon(2));

    record({"T", "R1"});
    record({"T", "other"});
    auto const id = reader.history({"T", "R1"}).deliveries.at(0).id;
    for (int attempt = 0; attempt < 120; ++attempt)
        get(store_->settle({{id, delivery_state::pending, noon(attempt), noon(attempt + 1), "HTTP 503"}}));
    get(store_->settle({{id, delivery_state::delivered, noon(200), {}, ""}}));
    auto const ended = reader.history({"T", "r1"});
    EXPECT_FALSE(ended.watch);
    ASSERT_TRUE(ended.result);
    EXPECT_EQ(to_json(*ended.result), to_json(sample_result({"T", "R1"})));
    EXPECT_EQ(ended.deliveries.size(), 1U);
    EXPECT_EQ(ended.deliveries[0].attempts, 121U);
    ASSERT_EQ(ended.attempts.size(), 100U) << "the newest hundred";
    EXPECT_EQ(ended.attempts.back().state, delivery_state::delivered);
    EXPECT_EQ(ended.attempts.back().at, noon(200));
    EXPECT_EQ(ended.attempts.front().error, "HTTP 503");
    EXPECT_EQ(ended.attempts.front().sink, "ops");
    EXPECT_FALSE(ended.pruned_result_at);

    get(store_->prune(noon(300) + std::chrono::hours{24 * 30}));
    auto const pruned = reader.history({"T", "R1"});
    EXPECT_FALSE(pruned.result);
    EXPECT_TRUE(pruned.changes.empty());
    EXPECT_EQ(pruned.pruned_result_at, noon());
    EXPECT_FALSE(reader.history({"T", "nobody"}).pruned_result_at);
}

} // namespace
} // namespace runwatch
