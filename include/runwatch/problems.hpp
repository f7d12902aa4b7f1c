#pragma once

#include "runwatch/option_node.hpp"

#include <string>
#include <vector>

namespace runwatch {

/// What becomes of a config with a secret that systemd gives to the daemon alone.
enum class withheld_secrets { refused, overlooked };

/// Collects everything that is wrong with a config, so that all of it is told in one go.
///
/// A message says what was found and what is expected, and never quotes a secret.
class problems {
public:
    problems() = default;

    /// If withheld secrets are overlooked, the config can be used without them, as by who only checks it.
    explicit problems(withheld_secrets what) : withheld_(what) {}

    /// The config cannot be used.
    void error(option_place const& at, std::string message);

    /// The config can be used, but somebody should look.
    void warn(option_place const& at, std::string message);

    /// A secret is for somebody else to read.
    void withheld(option_place const& at, std::string message);

    bool any() const { return !errors_.empty(); }

    /// One text an error, `file:line:column: path: message`, in the order of the file.
    std::vector<std::string> errors() const;

    /// One text a warning, like errors().
    std::vector<std::string> warnings() const;

    /// Throws config_error with the errors, one a line, if there are any: the first hundred.
    void throw_if_any() const;

private:
    struct problem {
        option_place place;
        std::string message;
    };

    static std::vector<std::string> sorted(std::vector<problem> found);

    withheld_secrets withheld_ = withheld_secrets::refused;
    std::vector<problem> errors_;
    std::vector<problem> warnings_;
};

} // namespace runwatch
