#pragma once

#include <string>

namespace runwatch::support {

/// A directory that goes with the object, and everything in it.
class temporary_directory {
public:
    temporary_directory();

    /// In a directory that there is.
    explicit temporary_directory(std::string const& parent);
    ~temporary_directory();

    temporary_directory(temporary_directory const&) = delete;
    temporary_directory& operator=(temporary_directory const&) = delete;

    /// The path of a file in it.
    std::string file(std::string const& name) const { return path_ + '/' + name; }

    std::string const& path() const { return path_; }

private:
    std::string path_;
};

/// What a file holds; empty if there is none.
std::string content_of(std::string const& path);

/// Replaces what a file holds, or makes it.
void write_file(std::string const& path, std::string const& content);

} // namespace runwatch::support
