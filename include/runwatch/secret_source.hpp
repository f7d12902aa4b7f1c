#pragma once

#include "runwatch/http_client.hpp"
#include "runwatch/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>

struct stat;

namespace runwatch {

/// A credential that systemd gives to the service alone cannot be had, as this process is not, or not quite, a part of
/// it.
class credential_withheld : public config_error {
public:
    using config_error::config_error;
};

/// Where the text of a secret, or of an option, comes from; it can be read again.
class secret_source {
public:
    enum class origin {
        /// Written in the config file itself.
        inline_text,
        /// A variable of the environment.
        environment,
        file,
        /// A systemd credential: a file under `$CREDENTIALS_DIRECTORY`.
        credential,
    };

    secret_source() = default;

    /// The name is the variable's, the file's path or the credential's; for inline text it is the text itself.
    secret_source(origin from, std::string name) : origin_(from), name_(std::move(name)) {}

    origin from() const { return origin_; }

    /// The variable, path or credential; empty for inline text, which is not shown.
    std::string name() const { return origin_ == origin::inline_text ? std::string{} : name_.reveal(); }

    /// In the user's words: `the variable NAME`, `the file PATH`, `the credential NAME`, `the text in the config file`.
    std::string where() const;

    /// Reads the text, without white space at either end. Blocks on the file system. Throws config_error, which names
    /// the source and never quotes the text, unless it is one line of 1 byte to 64 KiB without control characters;
    /// credential_withheld if that may be for who asks.
    secret read();

    /// Tells whether read() may bring another text than it did last: the file is another one or has another size or
    /// time, is gone, or was never read. Always false for what only a restart can change.
    bool changed() const;

    /// Tells whether two sources are the same place, or the same inline text.
    friend bool operator==(secret_source const& a, secret_source const& b) {
        return a.origin_ == b.origin_ && a.name_.reveal() == b.name_.reveal();
    }

private:
    /// What tells one version of a file from the next.
    struct stamp {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;

        bool operator==(stamp const&) const = default;
    };

    /// The file's path; empty if this is no file. Throws config_error.
    std::string path() const;
    std::string read_file(std::string const& path);
    static stamp stamp_of(struct ::stat const& status);

    origin origin_ = origin::inline_text;
    secret name_;
    std::optional<stamp> read_;
};

} // namespace runwatch
