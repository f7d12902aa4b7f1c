#include "sinks/result_file.hpp"

#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <map>
#include <random>
#include <sstream>

namespace runwatch {
namespace {

using namespace std::chrono_literals;
using namespace support;

constexpr int most_results = 12;

/// Where syncing costs nothing: thousands of times it would.
auto const* const fast = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";

struct crash {};

/// A program that writes results to a file and notes which ones it has written, and crashes at chosen moments.
class crashing_writer {
public:
    crashing_writer(std::string path, rotation limits, std::size_t together)
        : path_(std::move(path)), limits_(limits), together_(together) {
        for (int number = 0; number < most_results; ++number)
            owed_.push_back("ID-" + std::to_string(number));
    }

    /// Runs until all is done or the moment comes, counted from 1. Tells whether it crashed.
    bool run(int moment, bool tears_lines) {
        moments_ = moment;
        tears_lines_ = tears_lines;
        try {
            work();
            return false;
        } catch (crash const&) {
            return true;
        }
    }

private:
    void work() {
        result_file file{result_file::options{path_, limits_, together_},
                         [this](std::string_view call) { return pass(call); }};
        for (auto const& id : file.find(owed_)) {
            pass("note");
            std::erase(owed_, id);
        }
        // What was written is noted in that order, and as late as may be.
        std::deque<std::string> unnoted;
        while (!owed_.empty()) {
            auto const free = std::min(together_, owed_.size()) - unnoted.size();
            auto const start = owed_.begin() + static_cast<std::ptrdiff_t>(unnoted.size());
            next_.assign(start, start + static_cast<std::ptrdiff_t>(free));
            std::vector<std::string> lines;
            for (auto const& id : next_)
                lines.push_back(line_of(id));
            if (!lines.empty())
                file.append(lines, {});
            unnoted.insert(unnoted.end(), next_.begin(), next_.end());
            pass("note");
            std::erase(owed_, unnoted.front());
            unnoted.pop_front();
        }
    }

    static std::string line_of(std::string const& id) { return R"({"id":")" + id + "\"}"; }

    int pass(std::string_view call) {
        if (--moments_ != 0)
            return 0;
        if (call == "write" && tears_lines_)
            tear();
        throw crash{};
    }

    /// Writes what is about to be written, but for its last bytes.
    void tear() {
        std::string text;
        for (auto const& id : next_)
            text += line_of(id) + '\n';
        auto const before = content_of(path_);
        write_file(path_, before + text.substr(0, text.size() - 5));
    }

    std::string path_;
    rotation limits_;
    std::size_t together_;
    std::vector<std::string> owed_;
    std::vector<std::string> next_;
    int moments_ = 0;
    bool tears_lines_ = false;
};

/// How often each line is in the files of a directory.
std::map<std::string, int> lines_in(std::string const& directory) {
    std::map<std::string, int> lines;
    for (auto const& each : std::filesystem::directory_iterator{directory}) {
        std::istringstream text{content_of(each.path().string())};
        for (std::string line; std::getline(text, line);)
            ++lines[line];
    }
    return lines;
}

void expect_each_once(std::string const& directory) {
    auto const lines = lines_in(directory);
    EXPECT_EQ(lines.size(), static_cast<std::size_t>(most_results));
    for (auto const& [line, count] : lines)
        EXPECT_EQ(count, 1) << line;
}

TEST(result_file_crash, at_any_moment_neither_loses_nor_repeats_a_line) {
    int crashes = 0;
    for (auto const together : {std::size_t{1}, std::size_t{3}})
        for (bool const tears_lines : {false, true})
            for (int moment = 1;; ++moment) {
                temporary_directory directory{fast};
                crashing_writer writer{directory.file("results"), {1, 0ms, 20}, together};
                auto const crashed = writer.run(moment, tears_lines);
                EXPECT_FALSE(writer.run(0, false));
                expect_each_once(directory.path());
                if (::testing::Test::HasFailure())
                    FAIL() << "crash at moment " << moment << ", " << together << " lines together";
                if (!crashed)
                    break;
                ++crashes;
            }
    EXPECT_GT(crashes, 100);
}

TEST(result_file_crash, again_and_again_neither_loses_nor_repeats_a_line) {
    std::mt19937 random{1};
    for (int round = 0; round < 100; ++round) {
        temporary_directory directory{fast};
        crashing_writer writer{directory.file("results"), {1, 0ms, 40}, 1 + random() % 3};
        for (int crash = 0; crash < 30; ++crash)
            writer.run(static_cast<int>(1 + random() % 25), random() % 2 == 0);
        EXPECT_FALSE(writer.run(0, false));
        expect_each_once(directory.path());
        if (::testing::Test::HasFailure())
            FAIL() << "round " << round;
    }
}

} // namespace
} // namespace runwatch
