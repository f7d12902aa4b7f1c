#include "store/follows.hpp"

#include "store/rows.hpp"

#include <algorithm>
#include <utility>

namespace runwatch::state {
namespace {

/// A list as the table names it: the test, the suite.
using row_key = std::pair<std::string, std::string>;

row_key key_of(followed_list const& list) {
    return {list.test_id.empty() ? std::string{} : canonical_test(list.test_id), list.suite};
}

std::vector<row_key> followed(sqlite::database& database) {
    std::vector<row_key> all;
    auto rows = database.query("SELECT test, suite FROM follows");
    while (rows.next())
        all.emplace_back(rows.text(0), rows.text(1));
    return all;
}

} // namespace

std::vector<follow_record> adopt_follows(sqlite::database& database, std::vector<followed_list> const& lists,
                                         timestamp now) {
    // A suite that gets an entry of its own was followed by that of all suites before.
    static auto const take_over =
        "INSERT OR IGNORE INTO follows (test, suite, began_ms, by_api) SELECT '', ?, began_ms, by_api FROM follows "
        "WHERE test = '' AND suite = '*'";
    for (auto const& list : lists)
        if (!list.suite.empty())
            database.run(take_over, list.suite);
    auto some_left = false;
    for (auto const& [test, suite] : followed(database))
        if (std::ranges::find(lists, row_key{test, suite}, &key_of) == lists.end()) {
            database.run("DELETE FROM follows WHERE test = ? AND suite = ?", test, suite);
            some_left = true;
        }
    std::vector<follow_record> records;
    for (auto const& list : lists) {
        auto const [test, suite] = key_of(list);
        database.run("INSERT OR IGNORE INTO follows (test, suite, began_ms, by_api) VALUES (?, ?, ?, 0)", test, suite,
                     now);
        auto rows = database.query("SELECT began_ms, by_api FROM follows WHERE test = ? AND suite = ?", test, suite);
        if (rows.next())
            records.push_back({list, rows.time(0), rows.integer(1) != 0});
    }
    // A suite that changes between an entry of its own and that of all suites stays followed, and what was found in it
    // stays found.
    if (some_left)
        database.run("DELETE FROM found WHERE NOT EXISTS (SELECT 1 FROM follows WHERE follows.test = found.test AND "
                     "(follows.suite = found.suite OR (found.suite <> '' AND follows.suite = '*')))");
    return records;
}

void note_follow(sqlite::database& database, follow_record const& follow) {
    auto const [test, suite] = key_of(follow.list);
    database.run("UPDATE follows SET began_ms = ?, by_api = ? WHERE test = ? AND suite = ?", follow.began,
                 follow.by_api, test, suite);
}

bool note_found(sqlite::database& database, followed_list const& list, std::string const& run, timestamp since) {
    static auto const sql =
        "INSERT OR IGNORE INTO found (run, test, suite) SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM follows WHERE "
        "test = ?2 AND (suite = ?3 OR (?3 <> '' AND suite = '*'))) AND NOT EXISTS (SELECT 1 FROM dismissed WHERE run = "
        "?1) AND (EXISTS (SELECT 1 FROM watches WHERE run = ?1) OR EXISTS (SELECT 1 FROM results WHERE run = ?1 AND "
        "detected_ms >= ?4))";
    auto const [test, suite] = key_of(list);
    database.run(sql, run, test, suite, since);
    return database.changes() != 0;
}

} // namespace runwatch::state
