#include "runwatch/store.hpp"
#include "store/sqlite.hpp"
#include "support/no_root.hpp"
#include "support/run_coroutine.hpp"
#include "support/store_samples.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>

namespace runwatch {
namespace {

using support::found;
using support::noon;
using support::sample_result;
using support::to_sinks;

class state_check_test : public testing::Test {
protected:
    /// What is wrong with the file, without its name; `good` if nothing is.
    std::string problem() const {
        try {
            check_state_file(path_);
            return "good";
        } catch (state_error const& error) {
            std::string const text = error.what();
            auto const head = "the state file " + path_ + ": ";
            EXPECT_TRUE(text.starts_with(head)) << text;
            return text.substr(head.size());
        }
    }

    void open() {
        store_.emplace(io_.get_executor(), store::options{.path = path_});
        support::run(io_, store_->set_sinks({{"ops", "webhook"}}, noon()));
        support::run(io_, store_->record(found({sample_result({"T", "R"})}), to_sinks({"ops"})));
    }

    std::set<std::string> files() const {
        std::set<std::string> all;
        for (auto const& entry : std::filesystem::directory_iterator{directory_.path()})
            all.insert(entry.path().filename());
        return all;
    }

    boost::asio::io_context io_;
    support::temporary_directory directory_;
    std::string path_ = directory_.file("state.db");
    std::optional<store> store_;
};

TEST_F(state_check_test, finds_good_what_a_daemon_could_open_and_makes_nothing) {
    EXPECT_EQ(problem(), "good") << "no file yet";
    EXPECT_TRUE(files().empty());
    open();
    auto const beside = files();
    EXPECT_EQ(problem(), "good") << "beside a daemon";
    EXPECT_EQ(files(), beside);
    for (auto const* suffix : {"", "-wal"})
        std::filesystem::copy_file(path_ + suffix, directory_.file("left.db") + suffix);
    store_.reset();
    EXPECT_EQ(problem(), "good") << "after a daemon";
    EXPECT_EQ(files(), (std::set<std::string>{"state.db", "state.db.lock", "left.db", "left.db-wal"}));
    path_ = directory_.file("left.db");
    EXPECT_EQ(problem(), "good") << "copied from under a daemon";
    path_ = directory_.file("empty.db");
    std::ofstream{path_} << "";
    EXPECT_EQ(problem(), "good") << "an empty file";
    path_ = ":memory:";
    EXPECT_EQ(problem(), "good");
}

TEST_F(state_check_test, says_what_a_daemon_would_refuse) {
    path_ = directory_.file("missing/state.db");
    EXPECT_EQ(problem(),
              "there is no directory " + directory_.file("missing") + "; make it, or name another file in state.path");
    path_ = directory_.path();
    EXPECT_EQ(problem(), "it is a directory; name a file in state.path");
    path_ = directory_.file("state.db");
    std::ofstream{path_} << "hello, world";
    EXPECT_EQ(problem(), "it is not a state file of runwatch; name another one, or move this one away to begin anew");
    std::filesystem::remove(path_);
    open();
    store_.reset();
    sqlite::database{path_, sqlite::access::read_write}.script("PRAGMA user_version = 7");
    EXPECT_TRUE(problem().starts_with("a newer runwatch wrote it (format 7, this one knows 4)")) << problem();
}

TEST_F(state_check_test, says_that_a_file_is_damaged) {
    open();
    store_.reset();
    std::fstream file{path_, std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(4096 + 100);
    for (int count = 0; count < 20'000; ++count)
        file.put('x');
    file.close();
    EXPECT_TRUE(problem().starts_with("it is damaged")) << problem();
}

TEST_F(state_check_test, says_what_this_user_may_not_do) {
    open();
    store_.reset();
    using std::filesystem::perms;
    support::no_root const nobody{directory_.path()};
    std::filesystem::permissions(path_ + ".lock", perms::owner_read);
    EXPECT_EQ(problem(), path_ + ".lock cannot be read and written (Permission denied); let this user do both");
    std::filesystem::permissions(directory_.path(), perms::owner_read | perms::owner_exec);
    EXPECT_EQ(problem(), "nothing can be made in its directory " + directory_.path() +
                             " (Permission denied); let this user write there");
    std::filesystem::permissions(directory_.path(), perms::owner_all);
}

} // namespace
} // namespace runwatch
