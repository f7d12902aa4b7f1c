#include "runwatch/secret_source.hpp"

#include "runwatch/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace runwatch {
namespace {

constexpr std::size_t longest = std::size_t{64} * 1024;

class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}

    ~descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }

    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;

    int number() const { return number_; }

private:
    int number_;
};

} // namespace

std::string secret_source::where() const {
    switch (origin_) {
    case origin::inline_text:
        return "the text in the config file";
    case origin::environment:
        return "the variable " + to_printable(name());
    case origin::file:
        return "the file " + to_printable(name());
    case origin::credential:
        return "the credential " + to_printable(name());
    }
    return {};
}

secret_source::stamp secret_source::stamp_of(struct stat const& status) {
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

std::string secret_source::path() const {
    if (origin_ == origin::file)
        return name_.reveal();
    if (origin_ != origin::credential)
        return {};
    auto const* const directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr || *directory == '\0')
        throw credential_withheld{where() + " cannot be read: CREDENTIALS_DIRECTORY is not set; a systemd unit sets it "
                                            "with LoadCredential="};
    return std::string{directory} + '/' + name_.reveal();
}

std::string secret_source::read_file(std::string const& path) {
    auto const fail = [this](int error) { return config_error{where() + " cannot be read: " + std::strerror(error)}; };
    // Without O_NONBLOCK a pipe that nobody writes to would hold the start up.
    descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};

    struct stat status {};

    auto const error = file.number() < 0 || ::fstat(file.number(), &status) != 0 ? errno : 0;
    // Commands of ExecReload= are told the directory, but may not look into it.
    if (error == EACCES && origin_ == origin::credential)
        throw credential_withheld{fail(error).what()};
    if (error != 0)
        throw fail(error);
    if (S_ISDIR(status.st_mode))
        throw fail(EISDIR);
    if (!S_ISREG(status.st_mode))
        throw config_error{where() + " cannot be read: it is not a regular file"};
    std::string text(longest + 1, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        auto const count = ::read(file.number(), text.data() + filled, text.size() - filled);
        if (count == 0)
            break;
        if (count > 0)
            filled += static_cast<std::size_t>(count);
        else if (errno != EINTR)
            throw fail(errno);
    }
    text.resize(filled);
    read_ = stamp_of(status);
    return text;
}

secret secret_source::read() {
    std::string text;
    if (origin_ == origin::inline_text) {
        text = name_.reveal();
    } else if (origin_ == origin::environment) {
        auto const* const value = std::getenv(name_.reveal().c_str());
        if (value == nullptr)
            throw config_error{where() + " is not set"};
        text = value;
    } else {
        text = read_file(path());
    }
    if (text.size() > longest)
        throw config_error{where() + " holds more than 64 KiB"};
    std::string const line{trim(text)};
    if (line.empty())
        throw config_error{where() + " is empty"};
    if (line.find_first_of("\r\n") != std::string::npos)
        throw config_error{where() + " holds more than one line"};
    if (std::ranges::any_of(line, [](unsigned char letter) { return letter < ' ' || letter == 0x7F; }))
        throw config_error{where() + " holds a control character"};
    return secret{line};
}

bool secret_source::changed() const {
    if (origin_ == origin::inline_text || origin_ == origin::environment)
        return false;

    struct stat status {};

    try {
        return !read_ || ::stat(path().c_str(), &status) != 0 || stamp_of(status) != *read_;
    } catch (config_error const&) {
        return true;
    }
}

} // namespace runwatch
