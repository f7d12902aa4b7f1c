#pragma once

#include "runwatch/time.hpp"

#include <boost/json/value.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace runwatch::sim {

struct yaml_member;

/// A YAML value together with the way to it. Whatever it is asked for and is not fails with a scenario_error that
/// names file, line, column, key and what was expected.
class yaml_value {
public:
    yaml_value(YAML::Node const& node, YAML::Mark at, std::string_view file, std::string path);

    [[noreturn]] void fail(std::string const& message) const;
    [[noreturn]] void expected(std::string_view what) const;

    bool is_map() const { return node_.IsMap(); }

    bool is_list() const { return node_.IsSequence(); }

    bool is_null() const { return node_.IsNull(); }

    std::string text() const;
    bool flag() const;
    std::uint64_t number(std::uint64_t least, std::uint64_t most) const;
    double fraction(double least, double most) const;
    /// A duration such as `1m30s`.
    duration time() const;
    /// A duration that may have a minus before it.
    duration signed_time() const;
    /// A size in bytes: `512`, `100KiB`, `20MiB`.
    std::uint64_t bytes() const;
    /// The place of the text among the choices.
    std::size_t one_of(std::span<std::string_view const> choices) const;
    /// Any YAML as JSON; quoted scalars are texts, plain ones what YAML's core schema says.
    boost::json::value json() const;

    std::vector<yaml_value> items() const;
    /// The members of a map. A key that is there twice is an error.
    std::vector<yaml_member> members() const;

private:
    bool is_plain() const { return node_.Tag() == "?"; }

    YAML::Node node_;
    YAML::Mark at_;
    std::string_view file_;
    std::string path_;
};

/// A key of a map, with the value that it has. Errors of the key point to the key.
struct yaml_member {
    std::string name;
    yaml_value key;
    yaml_value value;
};

/// Reads a map key by key; finish() refuses the keys that nobody asked for.
class yaml_fields {
public:
    explicit yaml_fields(yaml_value of);

    /// The value of a key, if it is there.
    std::optional<yaml_value> find(std::string_view key);

    /// The value of a key that must be there.
    yaml_value require(std::string_view key);

    void finish() const;

    // Store the value if the key is there.
    void read(std::string_view key, std::string& to);
    void read(std::string_view key, std::optional<std::string>& to);
    void read(std::string_view key, bool& to);
    void read(std::string_view key, duration& to);

private:
    yaml_value of_;
    std::vector<yaml_member> members_;
    std::vector<bool> asked_;
    std::vector<std::string_view> known_;
};

} // namespace runwatch::sim
