#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace runwatch::cli {

/// Puts something that can neither be read nor written where a standard stream was closed by whoever started us.
///
/// The number of a closed one would go to the next thing that is opened, and what is printed would end up there. To be
/// called before anything is opened.
void keep_standard_streams();

/// Something of this process's that bytes go to, by its descriptor; it is not closed.
///
/// Writes whole texts at once and remembers the first error, so that output nobody could read is not taken for
/// delivered.
class output {
public:
    explicit output(int descriptor) : descriptor_(descriptor) {}

    /// Writes all of it, waiting for a slow reader. After an error nothing more is written.
    void write(std::string_view text);

    bool is_terminal() const;

    /// The errno of the first write that failed; 0 if none did.
    int error() const { return error_; }

private:
    int descriptor_;
    int error_ = 0;
};

/// Standard output did not take what was written.
class output_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Writes what a command was asked for to standard output. Throws output_error if it does not take it; a reader that
/// has had enough is no error.
void print(std::string_view text);

/// Tells people something in a line on standard error.
void say(std::string const& text);

struct terminal_size {
    unsigned columns = 80;
    unsigned rows = 24;
};

/// The size of the terminal behind a descriptor, 80 × 24 where it does not say.
terminal_size size_of_terminal(int descriptor);

/// The value of an environment variable; empty if it is not set.
std::string environment(char const* name);

} // namespace runwatch::cli
