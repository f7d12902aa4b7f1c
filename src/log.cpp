#include "runwatch/log.hpp"

#include "runwatch/json_text.hpp"
#include "runwatch/signals_blocked.hpp"
#include "runwatch/text.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <climits>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace runwatch {
namespace {

/// Lines that may wait for their reader.
constexpr std::size_t most_waiting = 8'192;

/// The longest value that a line for people shows.
constexpr std::size_t longest_value = 1'000;

bool is_plain_word(std::string_view text) {
    auto const is_plain = [](unsigned char letter) { return letter > ' ' && letter != '"' && letter != '='; };
    return !text.empty() && std::ranges::all_of(text, is_plain);
}

/// How long the last lines may wait for a reader that does not read, once nothing more is logged.
constexpr std::chrono::milliseconds patience{500};

/// Writes whole lines to a descriptor. A line that cannot be written is lost: there is nobody to tell.
class descriptor_sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    explicit descriptor_sink(int descriptor) : descriptor_(descriptor) {}

    /// From now on the reader has so much patience left. Any thread.
    void hurry() { hurried_ = true; }

private:
    void sink_it_(spdlog::details::log_msg const& message) override {
        std::string line{message.payload.data(), message.payload.size()};
        line += '\n';
        std::string_view rest = line;
        while (!rest.empty() && is_writable()) {
            // A pipe that is writable takes so much without a wait.
            auto const count = ::write(descriptor_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
            if (count < 0 && errno != EINTR && errno != EAGAIN)
                return;
            rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        }
    }

    void flush_() override {}

    /// Waits for the reader: as long as it takes, but once hurried only as long as its patience lasts.
    bool is_writable() {
        constexpr int round_ms = 50;
        pollfd asked{descriptor_, POLLOUT, 0};
        for (;;) {
            auto const ready = ::poll(&asked, 1, patience_left_ == patience.zero() ? 0 : round_ms);
            if (ready > 0 || (ready < 0 && errno != EINTR))
                return true;
            if (!hurried_)
                continue;
            if (patience_left_ == patience.zero())
                return false;
            patience_left_ -= std::min(patience_left_, std::chrono::milliseconds{round_ms});
        }
    }

    int descriptor_;
    std::atomic<bool> hurried_ = false;
    std::chrono::milliseconds patience_left_ = patience;
};

} // namespace

class log::backend {
public:
    backend(log_settings const& settings, int descriptor)
        : descriptor_(descriptor), sink_(std::make_shared<descriptor_sink>(descriptor)) {
        signals_blocked const while_its_thread_starts;
        pool_ = std::make_shared<spdlog::details::thread_pool>(most_waiting, 1);
        logger_ = std::make_shared<spdlog::async_logger>("runwatch", sink_, pool_,
                                                         spdlog::async_overflow_policy::overrun_oldest);
        logger_->set_level(spdlog::level::trace);
        set(settings);
    }

    /// Joins the thread.
    ~backend() { sink_->hurry(); }

    backend(backend const&) = delete;
    backend& operator=(backend const&) = delete;

    void set(log_settings const& settings) {
        level_ = settings.level;
        as_json_ =
            settings.format == log_format::automatic ? ::isatty(descriptor_) == 0 : settings.format == log_format::json;
    }

    void write(log_level level, std::string_view message, std::span<log_field const> about) {
        if (level < level_)
            return;
        auto const now = std::chrono::floor<duration>(std::chrono::system_clock::now());
        auto const line =
            as_json_ ? log_line_as_json(now, level, message, about) : log_line_as_text(now, level, message, about);
        logger_->log(spdlog::level::info, spdlog::string_view_t{line});
    }

private:
    int descriptor_;
    std::shared_ptr<descriptor_sink> sink_;
    std::atomic<log_level> level_ = log_level::info;
    std::atomic<bool> as_json_ = false;
    std::shared_ptr<spdlog::details::thread_pool> pool_;
    std::shared_ptr<spdlog::async_logger> logger_;
};

log::log(log_settings const& settings, int descriptor) : backend_(std::make_unique<backend>(settings, descriptor)) {}

log::~log() = default;

void log::set(log_settings const& settings) { backend_->set(settings); }

void log::write(log_level level, std::string_view message, fields about) {
    backend_->write(level, message, std::span{about.begin(), about.size()});
}

std::string_view to_string(log_level level) {
    switch (level) {
    case log_level::debug:
        return "debug";
    case log_level::info:
        return "info";
    case log_level::warning:
        return "warning";
    case log_level::error:
        return "error";
    }
    return "?";
}

std::string log_line_as_text(timestamp time, log_level level, std::string_view message,
                             std::span<log_field const> about) {
    auto line = format_timestamp(time) + ' ';
    if (level != log_level::info)
        line.append(to_string(level)).append(": ");
    line.append(message);
    for (auto const& [name, value] : about) {
        auto const shown = to_printable(value, longest_value);
        line.append(" ").append(name).append("=");
        line.append(is_plain_word(shown) ? shown : json_quote(shown));
    }
    return line;
}

std::string log_line_as_json(timestamp time, log_level level, std::string_view message,
                             std::span<log_field const> about) {
    auto line = "{\"time\":" + json_quote(format_timestamp(time)) + ",\"level\":" + json_quote(to_string(level)) +
                ",\"message\":" + json_quote(message);
    for (auto const& [name, value] : about)
        line.append(",").append(json_quote(name)).append(":").append(json_quote(value));
    return line + '}';
}

} // namespace runwatch
