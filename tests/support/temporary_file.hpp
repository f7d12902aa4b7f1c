#pragma once

#include <string>
#include <string_view>

namespace runwatch::support {

/// A file with this content that goes with the object.
class temporary_file {
public:
    explicit temporary_file(std::string_view content);
    ~temporary_file();

    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;

    std::string const& path() const { return path_; }

private:
    std::string path_;
};

} // namespace runwatch::support
