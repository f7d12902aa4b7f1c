#include "runwatch/api_key.hpp"

#include "runwatch/http_client.hpp"
#include "support/environment.hpp"
#include "support/temporary_file.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace runwatch {
namespace {

using origin = secret_source::origin;
using support::temporary_file;

void write(temporary_file const& file, std::string const& text) { std::ofstream{file.path()} << text; }

TEST(api_key, is_one_word_of_printable_ascii) {
    for (auto const* text : {"KEY0123_-.~+/=", "x", "\"'<>\\"})
        EXPECT_TRUE(is_api_key(text)) << text;
    for (auto const* text : {"", " ", "two words", "tab\tbed", "line\nbreak", "caf\xC3\xA9", "del\x7F"})
        EXPECT_FALSE(is_api_key(text)) << text;
    EXPECT_TRUE(is_api_key(std::string(4096, 'x')));
    EXPECT_FALSE(is_api_key(std::string(4097, 'x')));
}

TEST(api_key, is_needed_from_the_start) {
    temporary_file const file{"two words"};
    try {
        api_key const key{{origin::file, file.path()}};
        FAIL();
    } catch (config_error const& error) {
        EXPECT_EQ(error.what(),
                  "the file " + file.path() + " holds no API key: a key is one word of printable ASCII characters");
    }
    EXPECT_THROW(api_key({origin::file, "/nowhere/key"}), config_error);
}

TEST(api_key, is_read_again_where_its_file_has_changed) {
    temporary_file const file{"KEY-1\n"};
    api_key key{{origin::file, file.path()}};
    EXPECT_EQ(key.current().reveal(), "KEY-1");
    write(file, "KEY-number-2\n");
    EXPECT_EQ(key.current().reveal(), "KEY-number-2");
    EXPECT_EQ(key.trouble(), "");
}

TEST(api_key, stays_in_use_while_its_file_holds_none) {
    temporary_file const file{"KEY-1"};
    api_key key{{origin::file, file.path()}};
    for (auto const& [content, trouble] :
         {std::pair{"", " is empty"},
          {"KEY and more", " holds no API key: a key is one word of printable ASCII characters"}}) {
        write(file, content);
        EXPECT_EQ(key.current().reveal(), "KEY-1");
        EXPECT_EQ(key.trouble(), "the file " + file.path() + trouble);
        EXPECT_EQ(key.current().reveal(), "KEY-1") << "not read again, but not forgotten";
        EXPECT_EQ(key.trouble(), "the file " + file.path() + trouble);
    }
    std::remove(file.path().c_str());
    EXPECT_EQ(key.current().reveal(), "KEY-1");
    EXPECT_EQ(key.trouble(), "the file " + file.path() + " cannot be read: No such file or directory");
    write(file, "KEY-2");
    EXPECT_EQ(key.current().reveal(), "KEY-2");
    EXPECT_EQ(key.trouble(), "");
}

TEST(api_key, is_renewed_only_by_another_text) {
    temporary_file const file{"KEY-1"};
    api_key key{{origin::file, file.path()}};
    auto const refused = key.current();
    EXPECT_FALSE(key.renew(refused));
    write(file, " KEY-1\n");
    EXPECT_FALSE(key.renew(refused));
    write(file, "KEY-2");
    EXPECT_TRUE(key.renew(refused));
    EXPECT_TRUE(key.renew(refused)) << "another request was refused with the old key";
    EXPECT_FALSE(key.renew(key.current()));
    write(file, "");
    EXPECT_FALSE(key.renew(key.current()));
    EXPECT_EQ(key.trouble(), "the file " + file.path() + " is empty");
}

TEST(api_key, of_a_variable_stays_as_it_is) {
    support::environment_variable const variable{"API_KEY_TEST", "KEY-1"};
    api_key key{{origin::environment, "API_KEY_TEST"}};
    EXPECT_FALSE(key.renew(key.current()));
    EXPECT_EQ(key.current().reveal(), "KEY-1");
    EXPECT_EQ(key.trouble(), "");
}

} // namespace
} // namespace runwatch
