#include "runwatch/secret_source.hpp"

#include "runwatch/http_client.hpp"
#include "support/environment.hpp"
#include "support/temporary_file.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace runwatch {
namespace {

using origin = secret_source::origin;
using support::environment_variable;
using support::temporary_file;

std::string error_of(secret_source source) {
    try {
        source.read();
    } catch (config_error const& wrong) {
        return wrong.what();
    }
    return {};
}

TEST(secret_source, reads_a_variable) {
    environment_variable const word{"SOURCE_WORD", " WORD\n"};
    secret_source source{origin::environment, "SOURCE_WORD"};
    EXPECT_EQ(source.read().reveal(), "WORD");
    EXPECT_EQ(source.where(), "the variable SOURCE_WORD");
    EXPECT_FALSE(source.changed());
    environment_variable const none{"SOURCE_WORD", std::nullopt};
    EXPECT_EQ(error_of(source), "the variable SOURCE_WORD is not set");
    environment_variable const empty{"SOURCE_WORD", " \n"};
    EXPECT_EQ(error_of(source), "the variable SOURCE_WORD is empty");
}

TEST(secret_source, reads_a_file) {
    temporary_file const file{"WORD\n"};
    secret_source source{origin::file, file.path()};
    EXPECT_TRUE(source.changed());
    EXPECT_EQ(source.read().reveal(), "WORD");
    EXPECT_FALSE(source.changed());
    EXPECT_EQ(source.where(), "the file " + file.path());
    EXPECT_EQ(source.name(), file.path());
}

TEST(secret_source, reads_a_credential) {
    temporary_file const file{"WORD\n"};
    std::filesystem::path const path{file.path()};
    secret_source source{origin::credential, path.filename()};
    {
        environment_variable const directory{"CREDENTIALS_DIRECTORY", path.parent_path()};
        EXPECT_EQ(source.read().reveal(), "WORD");
        EXPECT_FALSE(source.changed());
    }
    environment_variable const none{"CREDENTIALS_DIRECTORY", std::nullopt};
    EXPECT_EQ(error_of(source), source.where() +
                                    " cannot be read: CREDENTIALS_DIRECTORY is not set; a systemd unit sets "
                                    "it with LoadCredential=");
    EXPECT_THROW(source.read(), credential_withheld);
    EXPECT_TRUE(source.changed());
}

TEST(secret_source, keeps_inline_text_to_itself) {
    secret_source source{origin::inline_text, "WORD"};
    EXPECT_EQ(source.read().reveal(), "WORD");
    EXPECT_EQ(source.name(), "");
    EXPECT_EQ(source.where(), "the text in the config file");
    EXPECT_FALSE(source.changed());
}

TEST(secret_source, refuses_what_is_no_line_without_quoting_it) {
    auto const error = [](std::string const& text) {
        temporary_file const file{text};
        auto const message = error_of({origin::file, file.path()});
        EXPECT_EQ(message.find("WORD"), std::string::npos);
        return message.starts_with("the file " + file.path()) ? message.substr(9 + file.path().size()) : message;
    };
    EXPECT_EQ(error(""), " is empty");
    EXPECT_EQ(error(" \r\n\t"), " is empty");
    EXPECT_EQ(error("WORD\nWORD"), " holds more than one line");
    EXPECT_EQ(error("WORD\rWORD"), " holds more than one line");
    EXPECT_EQ(error("WORD\tWORD"), " holds a control character");
    EXPECT_EQ(error(std::string{"WORD\0WORD", 9}), " holds a control character");
    EXPECT_EQ(error(std::string(std::size_t{64} * 1024 + 1, 'x')), " holds more than 64 KiB");
    EXPECT_EQ(error(std::string(std::size_t{64} * 1024, 'x')), "");
    EXPECT_EQ(error("two words"), "");
}

TEST(secret_source, says_why_a_file_cannot_be_read) {
    EXPECT_EQ(error_of({origin::file, "/nowhere/x"}), "the file /nowhere/x cannot be read: No such file or directory");
    EXPECT_EQ(error_of({origin::file, "/"}), "the file / cannot be read: Is a directory");
    EXPECT_EQ(error_of({origin::file, "/dev/null"}), "the file /dev/null cannot be read: it is not a regular file");
    temporary_file const file{"WORD"};
    auto const pipe = file.path() + ".pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(error_of({origin::file, pipe}), "the file " + pipe + " cannot be read: it is not a regular file");
    ::unlink(pipe.c_str());
    if (::geteuid() != 0) {
        ::chmod(file.path().c_str(), 0);
        EXPECT_EQ(error_of({origin::file, file.path()}),
                  "the file " + file.path() + " cannot be read: Permission denied");
    }
}

TEST(secret_source, knows_when_its_file_has_changed) {
    temporary_file const file{"WORD"};
    secret_source source{origin::file, file.path()};
    source.read();
    EXPECT_FALSE(source.changed());

    std::ofstream{file.path()} << "LONGER";
    EXPECT_TRUE(source.changed());
    EXPECT_EQ(source.read().reveal(), "LONGER");
    EXPECT_FALSE(source.changed());

    // Another file of the same size and time in its place, as a mounted secret is replaced.
    auto const time = std::filesystem::last_write_time(file.path());
    auto const other = file.path() + ".new";
    std::ofstream{other} << "SECRET";
    std::filesystem::last_write_time(other, time);
    std::filesystem::rename(other, file.path());
    EXPECT_TRUE(source.changed());
    EXPECT_EQ(source.read().reveal(), "SECRET");

    std::filesystem::last_write_time(file.path(), time - std::chrono::seconds{1});
    EXPECT_TRUE(source.changed());
    source.read();

    std::filesystem::remove(file.path());
    EXPECT_TRUE(source.changed());
    EXPECT_NE(error_of(source), "");
    EXPECT_TRUE(source.changed());
}

TEST(secret_source, is_equal_by_place) {
    EXPECT_EQ((secret_source{origin::file, "a"}), (secret_source{origin::file, "a"}));
    EXPECT_NE((secret_source{origin::file, "a"}), (secret_source{origin::file, "b"}));
    EXPECT_NE((secret_source{origin::file, "a"}), (secret_source{origin::environment, "a"}));
    EXPECT_NE((secret_source{origin::inline_text, "a"}), (secret_source{origin::inline_text, "b"}));
}

} // namespace
} // namespace runwatch
