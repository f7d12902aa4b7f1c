#include "sinks/file_sink.hpp"

#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// How many lines may go to the disk together.
constexpr std::size_t most_together = 64;

} // namespace

file_settings read_file_settings(option_map& options) {
    using namespace std::chrono_literals;
    constexpr std::uint64_t kib = 1024;
    file_settings settings;
    settings.path = options.require_path("path");
    settings.logs = read_log_limit(options, settings.logs);
    if (auto* const limits = options.find_map("rotate")) {
        auto& rotate = settings.rotation;
        rotate.size = limits->read_size("size", {64 * kib, kib * kib * kib * kib}).value_or(0);
        rotate.age = limits->read_duration("age", {1min, std::chrono::hours{24 * 3660}}).value_or(0ms);
        rotate.keep = static_cast<unsigned>(limits->read_number("keep", rotate.keep, {1, 1000}));
        if (!limits->has("size") && !limits->has("age"))
            options.refuse("rotate", "says not when: give a size (50MiB), an age (7d), or both");
    }
    return settings;
}

file_sink::file_sink(file_settings settings, clock const& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      file_(result_file::options{settings_.path, settings_.rotation, most_together}) {}

std::size_t file_sink::concurrency() const { return most_together; }

asio::awaitable<result<void>> file_sink::deliver(run_result given) {
    auto const line = std::make_shared<pending_line>();
    line->text = to_json(with_limited_logs(std::move(given), settings_.logs));
    {
        std::lock_guard const guard{lock_};
        waiting_.push_back(line);
    }
    auto const job = [this, line, now = clock_.utc()] { return settle(line, now); };
    co_return co_await thread_.run(job);
}

asio::awaitable<result<std::vector<std::string>>> file_sink::find_delivered(std::vector<std::string> owed) {
    auto const job = [this, owed = std::move(owed)] { return find(owed); };
    co_return co_await thread_.run(job);
}

void file_sink::reopen() {
    thread_.post([this] { file_.close(); });
}

result<void> file_sink::settle(std::shared_ptr<pending_line> const& line, timestamp now) {
    if (!line->is_settled)
        write_all(now);
    if (line->error.empty())
        return {};
    return explain(line->error);
}

void file_sink::write_all(timestamp now) {
    std::vector<std::shared_ptr<pending_line>> batch;
    std::vector<std::string> texts;
    {
        std::lock_guard const guard{lock_};
        for (auto const& each : waiting_)
            if (auto line = each.lock())
                batch.push_back(std::move(line));
        waiting_.clear();
    }
    for (auto const& each : batch)
        texts.push_back(std::move(each->text));
    std::string error;
    try {
        file_.append(texts, now);
    } catch (file_error const& caught) {
        error = caught.what();
    }
    for (auto const& each : batch) {
        each->is_settled = true;
        each->error = error;
    }
}

result<std::vector<std::string>> file_sink::find(std::vector<std::string> const& owed) {
    try {
        return file_.find(owed);
    } catch (file_error const& caught) {
        return explain(caught.what());
    }
}

failure file_sink::explain(std::string const& error) const {
    return {failure_kind::transient, "sink " + settings_.name + ": " + error};
}

} // namespace runwatch
