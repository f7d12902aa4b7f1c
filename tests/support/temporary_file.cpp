#include "support/temporary_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <unistd.h>

namespace runwatch::support {

temporary_file::temporary_file(std::string_view content)
    : path_((std::filesystem::temp_directory_path() / "runwatch-test-XXXXXX").string()) {
    auto const descriptor = ::mkstemp(path_.data());
    if (descriptor < 0)
        throw std::system_error{errno, std::generic_category(), "cannot make a temporary file"};
    ::close(descriptor);
    std::ofstream{path_} << content;
}

temporary_file::~temporary_file() { ::unlink(path_.c_str()); }

} // namespace runwatch::support
