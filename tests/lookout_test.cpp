#include "runwatch/lookout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace runwatch {
namespace {

using namespace std::chrono_literals;

enum class order { newest, oldest, scattered, shuffled };

/// A list of runs that grows and shrinks, and pages as the API might show them.
class listing {
public:
    explicit listing(order by) : by_(by) {}

    void add(std::size_t count, std::string const& status = "passed") {
        for (; count > 0; --count) {
            auto const id = std::to_string(ids_++);
            runs_.push_back({id, status, random_()});
        }
    }

    /// Runs with one status get another.
    void go_on(std::string const& from, std::string const& to) {
        for (auto& run : runs_)
            if (run.status == from)
                run.status = to;
    }

    /// Removes the oldest runs.
    void remove(std::size_t count) { runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(count)); }

    run_page show(list_part const& part) {
        std::vector<entry const*> all;
        for (auto const& run : runs_)
            if (part.status.empty() || !heeds_status || run.status == part.status)
                all.push_back(&run);
        if (by_ == order::newest)
            std::ranges::reverse(all);
        if (by_ == order::scattered)
            std::ranges::sort(all, {}, &entry::place);
        if (by_ == order::shuffled)
            std::ranges::shuffle(all, random_);
        run_page page;
        auto const pages = std::max<std::size_t>((all.size() + runs_per_page - 1) / runs_per_page, 1);
        auto const number = repeats_last_page ? std::min(part.page, pages) : part.page;
        if (tells) {
            page.total_results = all.size() + hidden;
            page.total_pages = (page.total_results + runs_per_page - 1) / runs_per_page;
        }
        for (auto at = (number - 1) * runs_per_page; at < std::min(number * runs_per_page, all.size()); ++at) {
            test_run run;
            run.key = {"T", all[at]->id};
            run.status_text = all[at]->status;
            page.runs.emplace_back(std::move(run), true);
        }
        return page;
    }

    std::size_t size() const { return runs_.size(); }

    /// Says how many runs there are.
    bool tells = true;
    bool heeds_status = true;
    /// Shows its last page for any number beyond it.
    bool repeats_last_page = false;
    /// Runs that are counted but never shown.
    std::size_t hidden = 0;

private:
    struct entry {
        std::string id;
        std::string status;
        std::mt19937::result_type place;
    };

    order by_;
    std::mt19937 random_{5};
    std::size_t ids_ = 0;
    std::vector<entry> runs_;
};

/// Looks at a list and keeps what was shown as unaccounted for.
struct watcher {
    explicit watcher(order by) : list(by) {}

    /// Looks once; returns how many requests that took.
    std::size_t look(std::function<void()> const& between = {}) {
        std::size_t requests = 0;
        now += 1min;
        lookout.begin(now);
        while (auto const part = lookout.next()) {
            auto const page = list.show(*part);
            for (auto const place : lookout.unaccounted(page))
                found.insert(page.runs[place].run.key.run_id);
            lookout.note(page, now);
            if (++requests > 10'000)
                return requests;
            if (between)
                between();
        }
        return requests;
    }

    listing list;
    runwatch::lookout lookout;
    std::set<std::string> found;
    instant now{24h};
};

TEST(lookout, sweeps_all_pages_first) {
    for (auto const by : {order::newest, order::oldest, order::scattered}) {
        watcher w(by);
        w.list.add(10'000);
        EXPECT_EQ(w.look(), 100U);
        EXPECT_EQ(w.found.size(), 10'000U);
        EXPECT_TRUE(w.lookout.has_swept());
    }
}

TEST(lookout, costs_one_request_while_nothing_is_new) {
    for (auto const by : {order::newest, order::oldest, order::scattered}) {
        for (std::size_t const old : {0U, 1U, 100U, 10'000U}) {
            watcher w(by);
            w.list.add(old);
            w.look();
            for (auto times = 0; times != 5; ++times)
                EXPECT_EQ(w.look(), 1U) << old;
        }
    }
}

TEST(lookout, finds_what_is_new_in_few_requests) {
    struct row {
        order by;
        std::string status;
        /// The most requests for the first look that finds something, and for later ones.
        std::size_t first;
        std::size_t later;
    };

    for (auto const& [by, status, first, later] : std::vector<row>{
             {order::newest, "passed", 1, 1}, {order::oldest, "passed", 2, 1}, {order::scattered, "running", 6, 6}}) {
        watcher w(by);
        w.list.add(10'050);
        w.look();
        w.list.add(3, status);
        EXPECT_LE(w.look(), first);
        EXPECT_EQ(w.found.size(), w.list.size());
        for (auto times = 0; times != 10; ++times) {
            w.list.add(2, status);
            EXPECT_LE(w.look(), later) << times;
            EXPECT_EQ(w.found.size(), w.list.size());
        }
    }
}

TEST(lookout, finds_a_run_that_goes_on_while_it_is_looked_for) {
    watcher w(order::scattered);
    w.list.add(10'000);
    w.look();
    w.list.add(1, "pending");
    // It leaves each status just before runs with that status are asked for.
    auto const requests = w.look([&w] {
        auto const part = w.lookout.next();
        if (part && part->status == "pending")
            w.list.go_on("pending", "starting");
        if (part && part->status == "starting")
            w.list.go_on("starting", "running");
    });
    EXPECT_EQ(w.found.size(), w.list.size());
    EXPECT_LE(requests, 6U) << "no look at all pages";
}

TEST(lookout, goes_on_where_a_page_was_all_new) {
    for (auto const by : {order::newest, order::oldest}) {
        watcher w(by);
        w.list.add(5'000);
        w.look();
        w.list.add(450);
        EXPECT_LE(w.look(), 7U);
        EXPECT_EQ(w.found.size(), 5'450U);
    }
}

TEST(lookout, sweeps_for_what_it_finds_nowhere_else) {
    watcher w(order::scattered);
    w.list.add(3'000);
    w.look();
    w.list.add(3);
    w.look();
    EXPECT_EQ(w.found.size(), 3'003U) << "they have ended, and may be on any page";
    EXPECT_EQ(w.look(), 1U);
}

TEST(lookout, misses_nothing_while_the_list_grows) {
    for (auto const by : {order::newest, order::oldest, order::scattered}) {
        watcher w(by);
        w.list.add(2'000);
        std::size_t births = 0;
        auto const grow = [&] {
            if (++births < 100)
                w.list.add(births % 7 == 0 ? 30 : 1, births % 2 == 0 ? "running" : "passed");
        };
        for (auto times = 0; times != 8; ++times)
            w.look(grow);
        births = 1'000;
        w.look();
        EXPECT_EQ(w.found.size(), w.list.size());
        EXPECT_EQ(w.look(), 1U);
    }
}

TEST(lookout, misses_nothing_of_a_list_that_is_another_each_time) {
    watcher w(order::shuffled);
    w.list.add(800);
    for (auto times = 0; times != 12; ++times)
        w.look();
    EXPECT_EQ(w.found.size(), 800U);
    w.list.add(5);
    for (auto times = 0; times != 12; ++times)
        w.look();
    EXPECT_EQ(w.found.size(), 805U);
}

TEST(lookout, comes_to_an_end_where_a_page_that_is_not_there_shows_the_last) {
    watcher w(order::newest);
    w.list.tells = false;
    w.list.repeats_last_page = true;
    w.list.add(250);
    EXPECT_LT(w.look(), 20U);
    EXPECT_EQ(w.found.size(), 250U);
    w.list.add(1);
    w.look();
    EXPECT_EQ(w.found.size(), 251U);
}

TEST(lookout, sweeps_each_hour_whatever_the_numbers_say) {
    watcher w(order::newest);
    w.list.add(1'000);
    w.look();
    w.list.remove(5);
    w.list.add(5, "running");
    for (auto times = 0; times != 61; ++times)
        w.look();
    EXPECT_EQ(w.found.size(), 1'005U) << "as many have gone as have come";
}

TEST(lookout, misses_nothing_while_runs_go) {
    for (auto const by : {order::newest, order::oldest}) {
        watcher w(by);
        w.list.add(2'000);
        auto times = 0;
        w.look([&] {
            if (++times % 5 == 0 && times < 40)
                w.list.remove(1);
        });
        EXPECT_GE(w.found.size(), w.list.size());
        for (std::size_t looks = 0; looks != 10; ++looks) {
            w.list.remove(3);
            EXPECT_LE(w.look(), 6U) << "what has gone is no reason to sweep";
        }
    }
}

TEST(lookout, does_without_numbers) {
    for (auto const by : {order::newest, order::oldest, order::scattered}) {
        watcher w(by);
        w.list.tells = false;
        w.list.add(1'000);
        w.look();
        EXPECT_EQ(w.found.size(), 1'000U);
        w.list.add(30, "running");
        EXPECT_LE(w.look(), 6U);
        EXPECT_EQ(w.found.size(), 1'030U);
        w.list.add(300, by == order::scattered ? "running" : "passed");
        for (auto times = 0; times != 61; ++times)
            w.look();
        EXPECT_EQ(w.found.size(), 1'330U);
    }
}

TEST(lookout, does_without_the_filter_by_status) {
    for (auto const refused : {true, false}) {
        watcher w(order::newest);
        w.list.heeds_status = false;
        w.list.add(500);
        w.look();
        w.list.remove(10);
        w.now += 1min;
        w.lookout.begin(w.now);
        std::set<std::string> statuses;
        while (auto const part = w.lookout.next()) {
            if (!part->status.empty() && refused) {
                EXPECT_TRUE(statuses.insert(part->status).second) << "asked once more";
                w.lookout.pass_over(w.now);
            } else {
                w.lookout.note(w.list.show(*part), w.now);
            }
        }
        w.list.remove(10);
        EXPECT_LE(w.look(), refused ? 2U : 5U);
    }
}

TEST(lookout, does_not_sweep_again_and_again_for_runs_that_are_never_shown) {
    watcher w(order::newest);
    w.list.add(1'000);
    w.look();
    std::size_t requests = 0;
    for (auto times = 0; times != 120; ++times) {
        // A number that goes up and down, as of two servers that disagree.
        w.list.hidden = times % 2 == 0 ? 3 : 0;
        requests += w.look();
    }
    EXPECT_LE(requests, 120U * 5 + 10 * 30);
}

TEST(lookout, starts_over_when_asked_to) {
    watcher w(order::oldest);
    w.list.add(1'000);
    w.lookout.begin(w.now);
    for (auto times = 0; times != 5; ++times)
        w.lookout.note(w.list.show(*w.lookout.next()), w.now);
    w.lookout.start_over();
    EXPECT_FALSE(w.lookout.next());
    EXPECT_FALSE(w.lookout.has_swept());
    EXPECT_EQ(w.look(), 10U);
    EXPECT_EQ(w.found.size(), 1'000U) << "a sweep shows all as unaccounted for";
    EXPECT_TRUE(w.lookout.has_swept());
}

TEST(lookout, ends_a_sweep_of_a_list_that_lies_about_its_length) {
    watcher w(order::newest);
    w.list.add(10);
    w.list.hidden = 1'000'000'000;
    EXPECT_LE(w.look(), 30U);
    EXPECT_TRUE(w.lookout.has_swept());
    EXPECT_EQ(w.found.size(), 10U);
}

} // namespace
} // namespace runwatch
