#include "sinks/stdout_sink.hpp"

#include "sinks/summary.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace runwatch {
namespace {

int checked(int descriptor, char const* what) {
    if (descriptor < 0)
        throw std::system_error{errno, std::generic_category(), what};
    return descriptor;
}

/// What came of one write: how many bytes, or the errno.
struct written {
    std::size_t count = 0;
    int error = 0;
};

written write_some(int descriptor, std::string_view text, bool is_socket) {
    auto const count = is_socket ? ::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                 : ::write(descriptor, text.data(), text.size());
    return count < 0 ? written{0, errno} : written{static_cast<std::size_t>(count), 0};
}

} // namespace

/// Waits until a descriptor can be written to.
///
/// Asio would make the descriptor itself non-blocking, for everyone who shares it. So an epoll of our own watches it,
/// and the loop watches that one.
class stdout_sink::writability {
public:
    writability(asio::any_io_executor const& executor, int descriptor)
        : epoll_(executor, checked(::epoll_create1(EPOLL_CLOEXEC), "epoll")) {
        epoll_event wanted{};
        wanted.events = EPOLLOUT;
        // A regular file cannot be watched: it never keeps anyone waiting.
        watched_ = ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &wanted) == 0;
    }

    bool can_wait() const { return watched_; }

    asio::awaitable<void> wait() {
        return epoll_.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
    }

private:
    asio::posix::stream_descriptor epoll_;
    bool watched_ = false;
};

stdout_settings read_stdout_settings(option_map& options) {
    stdout_settings settings;
    settings.format = options.read_choice<line_format>("format", settings.format,
                                                       {{"text", line_format::text}, {"json", line_format::json}});
    if (settings.format == line_format::json)
        settings.logs = read_log_limit(options, settings.logs);
    else if (options.find("logs") != nullptr)
        options.refuse("logs", "a line for people holds no logs: leave it out, or choose format: json");
    return settings;
}

stdout_sink::stdout_sink(asio::any_io_executor executor, stdout_settings settings, int descriptor)
    : settings_(std::move(settings)),
      descriptor_(checked(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3), "standard output")),
      writability_(std::make_unique<writability>(executor, descriptor_.get())) {
    using file_status = struct stat;
    file_status about{};
    is_socket_ = ::fstat(descriptor_.get(), &about) == 0 && S_ISSOCK(about.st_mode);
}

stdout_sink::~stdout_sink() = default;

std::string stdout_sink::to_text(run_result result) const {
    if (settings_.format == line_format::text)
        return to_line(result) + '\n';
    return to_json(with_limited_logs(std::move(result), settings_.logs)) + '\n';
}

asio::awaitable<result<void>> stdout_sink::deliver(run_result given) {
    auto text = to_text(std::move(given));
    if (line_is_open_)
        text.insert(0, 1, '\n');
    auto const error = co_await write(std::move(text));
    if (error == 0)
        co_return result<void>();
    auto const why = error == EPIPE ? std::string("nobody reads it any more") : std::string(std::strerror(error));
    co_return failure(failure_kind::transient,
                      "sink " + settings_.name + ": standard output could not be written: " + why);
}

asio::awaitable<int> stdout_sink::write(std::string text) {
    // A pipe that reports room takes this much without blocking.
    auto const most = writability_->can_wait() ? std::size_t{PIPE_BUF} : text.size();
    std::string_view rest = text;
    while (!rest.empty()) {
        if (writability_->can_wait())
            co_await writability_->wait();
        auto const piece = rest.substr(0, most);
        auto const job = [this, piece] { return write_some(descriptor_.get(), piece, is_socket_); };
        auto const done = co_await thread_.run(job);
        if (done.error != 0 && done.error != EAGAIN && done.error != EINTR)
            co_return done.error;
        rest.remove_prefix(done.count);
        if (done.count != 0)
            line_is_open_ = !rest.empty();
    }
    auto const sync = [this] { return ::fdatasync(descriptor_.get()) == 0 ? 0 : errno; };
    auto const error = co_await thread_.run(sync);
    // A pipe or a terminal has nothing to sync.
    auto const harmless = error == EINVAL || error == EROFS || error == ENOTSUP;
    if (harmless)
        co_return 0;
    co_return error;
}

} // namespace runwatch
