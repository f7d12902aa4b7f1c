#pragma once

#include "cli/control_client.hpp"
#include "runwatch/state_records.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace runwatch::cli {

/// The deliveries of a daemon that is asked for them, whose state this machine may not have. Every function throws what
/// control_client::ask() throws.
class remote_deliveries {
public:
    explicit remote_deliveries(control_client daemon) : daemon_(std::move(daemon)) {}

    /// The deliveries that are meant, the earliest recorded first, each as its JSON.
    std::vector<std::string> list(delivery_filter const& filter) const;

    /// Makes pending and dead deliveries due; returns how many.
    std::size_t retry(delivery_filter const& filter) const;

    /// Ends deliveries for good; returns how many.
    std::size_t drop(delivery_filter const& filter) const;

    /// The stopped sinks and why.
    std::map<std::string, std::string> stopped() const;

private:
    std::size_t change(std::string const& path, std::string const& counted, delivery_filter const& filter) const;

    control_client daemon_;
};

} // namespace runwatch::cli
