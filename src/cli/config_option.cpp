#include "cli/config_option.hpp"

#include <CLI/CLI.hpp>

namespace runwatch::cli {

std::shared_ptr<std::string> add_config_option(CLI::App& command) {
    auto file = std::make_shared<std::string>(default_config);
    command.add_option("--config,-c", *file, "The config file (default: " + *file + ")")->type_name("FILE");
    return file;
}

} // namespace runwatch::cli
