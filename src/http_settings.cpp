#include "runwatch/http_settings.hpp"

#include "net/proxy.hpp"
#include "runwatch/http_client.hpp"

#include <cerrno>
#include <cstring>
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

std::string read_ca_file(option_map& options) {
    auto path = options.read_path("ca_file").value_or("");

    struct stat status {};

    if (path.empty())
        return path;
    auto error = ::access(path.c_str(), R_OK) == 0 && ::stat(path.c_str(), &status) == 0 ? 0 : errno;
    if (error == 0 && S_ISDIR(status.st_mode))
        error = EISDIR;
    if (error != 0)
        options.refuse("ca_file", "the file cannot be read: " + std::string{std::strerror(error)});
    return path;
}

} // namespace runwatch
