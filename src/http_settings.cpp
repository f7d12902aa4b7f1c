#include "runwatch/http_settings.hpp"

#include "net/proxy.hpp"
#include "runwatch/http_client.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace runwatch {

secret read_proxy(option_map& options, problems& found) {
    auto const url = options.read_url("proxy");
    if (!url)
        return {};
    auto const written_out = options.is_written_out("proxy");
    try {
        if (!parse_proxy(*url).authorization.empty() && written_out)
            found.warn(options.place_of("proxy"), "the proxy's password stands in the config file for all to read; "
                                                  "better name the place of the URL by {env: NAME} or {file: PATH}");
    } catch (config_error const& wrong) {
        options.refuse("proxy", written_out ? wrong.what() : "what it names holds no proxy's URL, http://host:port");
    }
    return secret{*url};
}

ca_file read_ca_file(option_map& options) {
    ca_file file;
    file.path = options.read_path("ca_file").value_or("");

    struct stat status {};

    if (file.path.empty())
        return file;
    auto error = ::access(file.path.c_str(), R_OK) == 0 && ::stat(file.path.c_str(), &status) == 0 ? 0 : errno;
    if (error == 0 && S_ISDIR(status.st_mode))
        error = EISDIR;
    if (error != 0)
        options.refuse("ca_file", "the file cannot be read: " + std::string{std::strerror(error)});
    for (auto const part : {std::int64_t(status.st_dev), std::int64_t(status.st_ino), std::int64_t(status.st_size),
                            std::int64_t(status.st_mtim.tv_sec), std::int64_t(status.st_mtim.tv_nsec)})
        file.version += std::to_string(part) + ' ';
    options.mix("ca_file", std::hash<std::string>{}(file.version));
    return file;
}

} // namespace runwatch
