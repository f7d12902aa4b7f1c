#include "store/sinks.hpp"

#include "store/deliveries.hpp"

namespace runwatch::state {

void set_sinks(sqlite::database& database, std::vector<sink_identity> const& sinks, timestamp now) {
    database.run("UPDATE sinks SET in_config = 0");
    for (auto const& sink : sinks)
        database.run("INSERT INTO sinks (name, type, in_config) VALUES (?, ?, 1) "
                     "ON CONFLICT (name, type) DO UPDATE SET in_config = 1",
                     sink.name, sink.type);
    database.run("UPDATE deliveries SET state = 'orphaned' WHERE state = 'pending' AND sink IN "
                 "(SELECT key FROM sinks WHERE NOT in_config)");
    database.run("UPDATE deliveries SET state = 'pending', due_ms = ? WHERE state = 'orphaned' AND sink IN "
                 "(SELECT key FROM sinks WHERE in_config)",
                 now);
}

void stop_sink(sqlite::database& database, std::string const& sink, std::string const& why) {
    database.run("UPDATE sinks SET stopped_why = ? WHERE name = ? AND in_config", why, sink);
}

std::optional<std::string> enable_sink(sqlite::database& database, std::string const& sink, timestamp now) {
    std::optional<std::string> why;
    {
        auto rows = database.query("SELECT stopped_why FROM sinks WHERE name = ? AND stopped_why IS NOT NULL "
                                   "ORDER BY in_config DESC, key DESC LIMIT 1",
                                   sink);
        if (!rows.next())
            return why;
        why = rows.text(0);
    }
    // Also of one that has left the config: it may be back before the state hears of it.
    database.run("UPDATE sinks SET stopped_why = NULL WHERE name = ?", sink);
    hurry(database, sink, now);
    return why;
}

std::map<std::string, std::string> stopped_sinks(sqlite::database& database) {
    std::map<std::string, std::string> stopped;
    auto rows = database.query("SELECT name, stopped_why FROM sinks WHERE in_config AND stopped_why IS NOT NULL");
    while (rows.next())
        stopped.emplace(rows.text(0), rows.text(1));
    return stopped;
}

std::vector<known_sink> sinks(sqlite::database& database) {
    std::vector<known_sink> known;
    auto rows = database.query("SELECT name, type, in_config, stopped_why FROM sinks ORDER BY name, key");
    while (rows.next()) {
        auto& sink = known.emplace_back();
        sink.name = rows.text(0);
        sink.type = rows.text(1);
        sink.in_config = rows.integer(2) != 0;
        if (!rows.is_null(3))
            sink.stopped_why = rows.text(3);
    }
    return known;
}

sink_row find_sink(sqlite::database& database, std::string const& name) {
    {
        auto rows = database.query(
            "SELECT key, in_config FROM sinks WHERE name = ? ORDER BY in_config DESC, key DESC LIMIT 1", name);
        if (rows.next())
            return {rows.integer(0), rows.integer(1) != 0};
    }
    database.run("INSERT INTO sinks (name, type, in_config) VALUES (?, '', 0)", name);
    return {database.last_key(), false};
}

} // namespace runwatch::state
