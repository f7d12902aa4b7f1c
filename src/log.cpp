#include "runwatch/log.hpp"

#include "runwatch/signals_blocked.hpp"
#include "runwatch/systemd.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <atomic>
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

/// What separates the fields of an entry on its way to the journal's sink.
constexpr char between_fields = '\0';

/// Adds entries to the journal.
class journal_sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
    void sink_it_(spdlog::details::log_msg const& message) override {
        std::string_view rest{message.payload.data(), message.payload.size()};
        std::vector<std::string_view> fields;
        while (!rest.empty()) {
            fields.push_back(rest.substr(0, rest.find(between_fields)));
            rest.remove_prefix(std::min(rest.size(), fields.back().size() + 1));
        }
        systemd::write_to_journal(fields);
    }

    void flush_() override {}
};

enum class line_form { text, json, journal };

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
        if (systemd::is_journal(descriptor))
            journal_ = std::make_shared<spdlog::async_logger>("journal", std::make_shared<journal_sink>(), pool_,
                                                              spdlog::async_overflow_policy::overrun_oldest);
        set(settings);
    }

    /// Joins the thread.
    ~backend() { sink_->hurry(); }

    backend(backend const&) = delete;
    backend& operator=(backend const&) = delete;

    void set(log_settings const& settings) {
        level_ = settings.level;
        form_ = form_of(settings.format);
    }

    void write(log_level level, std::string_view message, std::span<log_field const> about) {
        if (level < level_)
            return;
        auto const now = std::chrono::floor<duration>(std::chrono::system_clock::now());
        switch (form_) {
        case line_form::text:
            return pass_on(*logger_, log_line_as_text(now, level, message, about));
        case line_form::json:
            return pass_on(*logger_, log_line_as_json(now, level, message, about));
        case line_form::journal:
            break;
        }
        std::string entry;
        for (auto const& field : log_line_as_journal_fields(level, message, about))
            entry.append(field).push_back(between_fields);
        pass_on(*journal_, entry);
    }

private:
    line_form form_of(log_format wanted) const {
        if (wanted == log_format::json)
            return line_form::json;
        if (wanted == log_format::automatic && journal_)
            return line_form::journal;
        auto const is_for_people = wanted == log_format::text || ::isatty(descriptor_) != 0;
        return is_for_people ? line_form::text : line_form::json;
    }

    static void pass_on(spdlog::async_logger& to, std::string_view line) {
        to.log(spdlog::level::info, spdlog::string_view_t{line.data(), line.size()});
    }

    int descriptor_;
    std::shared_ptr<descriptor_sink> sink_;
    std::atomic<log_level> level_ = log_level::info;
    std::atomic<line_form> form_ = line_form::text;
    std::shared_ptr<spdlog::details::thread_pool> pool_;
    std::shared_ptr<spdlog::async_logger> logger_;
    /// Null unless the descriptor is the journal.
    std::shared_ptr<spdlog::async_logger> journal_;
};

log::log(log_settings const& settings, int descriptor) : backend_(std::make_unique<backend>(settings, descriptor)) {}

log::~log() = default;

void log::set(log_settings const& settings) { backend_->set(settings); }

void log::write(log_level level, std::string_view message, fields about) {
    backend_->write(level, message, std::span{about.begin(), about.size()});
}

} // namespace runwatch
