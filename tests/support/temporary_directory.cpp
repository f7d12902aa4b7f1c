#include "support/temporary_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace runwatch::support {

temporary_directory::temporary_directory() : temporary_directory(std::filesystem::temp_directory_path().string()) {}

temporary_directory::temporary_directory(std::string const& parent) : path_(parent + "/runwatch-test-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr)
        throw std::system_error{errno, std::generic_category(), "cannot make a temporary directory"};
}

temporary_directory::~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string content_of(std::string const& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write_file(std::string const& path, std::string const& content) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << content;
}

} // namespace runwatch::support
