#pragma once

#include "runwatch/json_text.hpp"
#include "runwatch/result.hpp"
#include "runwatch/run_source.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace runwatch::telnyx {

/// Reads a page of a list out of the body of a 2xx answer, a piece at a time: a page may be of many megabytes, and its
/// reader may have other things to do.
///
/// As tolerant as decode_run(), and of entries that make no sense: these are left out. An entry of a test's list that
/// names no test is that test's, one that names another makes no sense, nor does one of a suite's list that names none.
/// Fails as transient for what is no JSON from its beginning to its end, as then nothing says where an entry ends, and
/// for what has no array in `data`.
class page_reader {
public:
    /// The body must outlive the reader.
    page_reader(std::string_view body, run_list what);

    /// Reads on by so many bytes, or a little more: an entry is read as a whole. Tells whether there is more to read.
    bool read(std::size_t bytes);

    /// The page, once there is no more to read.
    result<run_page> take();

private:
    std::size_t read_member();
    std::size_t read_entry();
    bool add(std::string_view text);

    run_list what_;
    bool empty_;
    json_walk members_;
    /// What the members are wrapped in, until it is read on.
    std::optional<json_walk> wrapping_;
    bool wrapped_ = false;
    /// The runs, while these are read.
    std::optional<json_walk> entries_;
    bool has_data_ = false;
    bool broken_ = false;
    run_page page_;
};

} // namespace runwatch::telnyx
