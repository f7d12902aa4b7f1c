#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <unistd.h>

namespace runwatch::support {

/// Gives up root's rights, which know no limits, while it lives. A directory and what is in it are given up with them.
class no_root {
public:
    explicit no_root(std::string const& directory) {
        constexpr uid_t nobody = 65'534;
        if (before_ != 0)
            return;
        EXPECT_EQ(::chown(directory.c_str(), nobody, nobody), 0);
        for (auto const& entry : std::filesystem::directory_iterator{directory})
            EXPECT_EQ(::chown(entry.path().c_str(), nobody, nobody), 0);
        EXPECT_EQ(::seteuid(nobody), 0);
    }

    ~no_root() { EXPECT_EQ(::seteuid(before_), 0); }

    no_root(no_root const&) = delete;
    no_root& operator=(no_root const&) = delete;

private:
    uid_t before_ = ::geteuid();
};

} // namespace runwatch::support
