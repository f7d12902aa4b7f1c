#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch::support {

/// A variable of the environment that has another value, or none, as long as the object lives.
class environment_variable {
public:
    environment_variable(std::string name, std::optional<std::string> value) : name_(std::move(name)) {
        if (auto const* const before = std::getenv(name_.c_str()))
            before_ = before;
        set(value);
    }

    ~environment_variable() { set(before_); }

    environment_variable(environment_variable const&) = delete;
    environment_variable& operator=(environment_variable const&) = delete;

private:
    void set(std::optional<std::string> const& value) const {
        if (value)
            ::setenv(name_.c_str(), value->c_str(), 1);
        else
            ::unsetenv(name_.c_str());
    }

    std::string name_;
    std::optional<std::string> before_;
};

} // namespace runwatch::support
