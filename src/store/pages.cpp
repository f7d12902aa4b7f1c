#include "store/pages.hpp"

#include "store/delivery_list.hpp"
#include "store/rows.hpp"
#include "store/watches.hpp"

#include "runwatch/json_text.hpp"

#include <limits>

namespace runwatch::state {
namespace {

/// So many rows are looked through in some milliseconds, whatever is asked of them.
constexpr std::size_t most_looked_through = 10'000;

/// The rows of one table that a page may look through.
struct stretch {
    /// The key of the last of them; where it begins if there is none.
    std::int64_t end = 0;
    bool is_last = true;
};

/// `nth` returns the key of the row that so many others stand in front of, `last` that of the last row.
stretch find_stretch(sqlite::database& database, std::string_view nth, std::string_view last, std::int64_t behind) {
    stretch found;
    {
        auto rows = database.query(nth, behind, most_looked_through - 1);
        found.is_last = !rows.next();
        if (!found.is_last)
            found.end = rows.integer(0);
    }
    if (found.is_last) {
        auto rows = database.query(last, behind);
        found.end = rows.next() && !rows.is_null(0) ? rows.integer(0) : behind;
    }
    return found;
}

stretch find_results(sqlite::database& database, std::int64_t behind, bool ascending) {
    if (ascending)
        return find_stretch(database, "SELECT key FROM results WHERE key > ?1 ORDER BY key LIMIT 1 OFFSET ?2",
                            "SELECT max(key) FROM results WHERE key > ?1", behind);
    return find_stretch(database, "SELECT key FROM results WHERE key < ?1 ORDER BY key DESC LIMIT 1 OFFSET ?2",
                        "SELECT min(key) FROM results WHERE key < ?1", behind);
}

stretch find_deliveries(sqlite::database& database, std::int64_t behind) {
    return find_stretch(database, "SELECT id FROM deliveries WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2",
                        "SELECT max(id) FROM deliveries WHERE id > ?1", behind);
}

constexpr std::string_view filtered =
    " AND (?3 = '' OR results.test = ?3) AND (?4 = '[]' OR results.ended IN (SELECT value FROM json_each(?4))) AND "
    "(?5 IS NULL OR results.detected_ms >= ?5) AND (?6 IS NULL OR results.detected_ms < ?6)";

std::string select_results(std::string const& bounds, std::string const& order) {
    return "SELECT results.key, " + std::string{result_columns} + " FROM results" + std::string{with_looks} +
           " WHERE " + bounds + std::string{filtered} + " ORDER BY results.key" + order;
}

} // namespace

result_page results(sqlite::database& database, result_query const& query) {
    static auto const descending = select_results("results.key < ?1 AND results.key >= ?2", " DESC");
    static auto const ascending = select_results("results.key > ?1 AND results.key <= ?2", "");
    constexpr auto first = std::numeric_limits<std::int64_t>::min();
    constexpr auto last = std::numeric_limits<std::int64_t>::max();
    auto const behind = query.behind.value_or(query.ascending ? first : last);
    auto const within = find_results(database, behind, query.ascending);
    result_page page;
    page.reached = within.end;
    page.more = !within.is_last;
    std::vector<std::string> words;
    words.reserve(query.ended.size());
    for (auto const each : query.ended)
        words.emplace_back(to_string(each));
    auto const ended = json_list(words);
    auto const test = canonical_id(query.test_id);
    auto rows = database.query(query.ascending ? ascending : descending, behind, within.end, test, ended, query.since,
                               query.until);
    std::size_t bytes = 0;
    while (rows.next()) {
        auto result = to_result(rows, 1);
        bytes += result.run ? result.run->raw.size() : 0;
        auto const is_full = page.results.size() == query.limit || (!page.results.empty() && bytes > query.max_bytes);
        if (is_full) {
            page.reached = page.results.empty() ? behind : page.results.back().place;
            page.more = true;
            break;
        }
        page.results.push_back({rows.integer(0), std::move(result)});
    }
    return page;
}

result_span results_behind(sqlite::database& database, std::int64_t place) {
    result_span span;
    {
        auto rows = database.query("SELECT seq FROM sqlite_sequence WHERE name = 'results'");
        if (rows.next())
            span.newest = rows.integer(0);
    }
    span.has_gaps = database.query("SELECT 1 FROM tombstones WHERE key > ? LIMIT 1", place).next();
    return span;
}

watch_page watched(sqlite::database& database, watch_query const& query) {
    watch_page page;
    auto const test = canonical_id(query.test_id);
    page.watches = watches_behind(database, query.behind, test, query.limit + 1);
    page.more = page.watches.size() > query.limit;
    if (page.more)
        page.watches.pop_back();
    return page;
}

delivery_page deliveries(sqlite::database& database, delivery_filter const& filter, std::int64_t behind,
                         std::size_t limit) {
    auto const within = find_deliveries(database, behind);
    delivery_page page;
    page.reached = within.end;
    page.more = !within.is_last;
    page.deliveries = deliveries_between(database, filter, behind, within.end, limit + 1);
    if (page.deliveries.size() > limit) {
        page.deliveries.pop_back();
        page.more = true;
        page.reached = page.deliveries.empty() ? behind : page.deliveries.back().id;
    }
    return page;
}

} // namespace runwatch::state
