#pragma once

#include "runwatch/http_client.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace runwatch::telnyx {

/// Cuts the `logs` of runs in an answer that comes piece by piece; everything else passes byte for byte.
///
/// The run is the answer's object, or its member `data` where no `run_id` came before that. Logs of more than `longest`
/// bytes are replaced as with_short_logs() does it; to know, the filter holds that much of them back. Of a list, the
/// runs are the elements of `data`, and such logs become null, as of a run that the list shows in part. Names are
/// compared as they are spelt, without escapes. What is not valid JSON passes as far as it can be told from logs.
class logs_filter {
public:
    /// What the answer is about.
    enum class subject { run, list };

    explicit logs_filter(std::size_t longest, subject about = subject::run) : longest_(longest), about_(about) {}

    /// Takes the next piece and returns what can be passed on.
    std::string feed(std::string_view piece);

private:
    /// What stands next in the object whose members are read.
    enum class expectation { nothing, name, colon, value };

    void take(char letter);
    void take_in_string(char letter);
    void begin_value(char letter);
    void open(char bracket);
    void close();
    void pass(std::string_view text);
    void end_logs();

    std::size_t longest_;
    subject about_;
    std::string passed_;
    /// Brackets that are open.
    std::size_t depth_ = 0;
    /// The depth of the object whose members are read: 1, within `data` 2; 0 for none.
    std::size_t members_at_ = 0;
    /// In a list, the depth of its runs, between two of which no members are read; 0 outside.
    std::size_t runs_at_ = 0;
    expectation expected_ = expectation::nothing;
    bool begun_ = false;
    bool in_string_ = false;
    bool escaped_ = false;
    bool in_name_ = false;
    bool in_logs_ = false;
    bool run_id_came_ = false;
    /// The last member's, or its front.
    std::string name_;
    std::string logs_front_;
    std::size_t logs_bytes_ = 0;
};

/// Makes a filter that leaves of `logs` no more than is stored of them.
body_filter make_logs_filter();

/// Makes a filter for a page of a list that leaves so much of `logs` that a full page can be taken.
body_filter make_list_filter();

} // namespace runwatch::telnyx
