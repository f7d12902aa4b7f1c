#include "metrics/process.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <unistd.h>

namespace runwatch {
namespace {

double seconds(timeval const& time) {
    constexpr double microseconds_a_second = 1e6;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / microseconds_a_second;
}

} // namespace

std::optional<process_figures> read_process_figures() {
    process_figures figures;
    rusage used{};
    std::ifstream pages{"/proc/self/statm"};
    std::size_t all = 0;
    std::size_t resident = 0;
    if (::getrusage(RUSAGE_SELF, &used) != 0 || !(pages >> all >> resident))
        return std::nullopt;
    figures.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
    figures.resident_bytes = resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::error_code error;
    std::filesystem::directory_iterator const open{"/proc/self/fd", error};
    if (error)
        return std::nullopt;
    figures.open_descriptors = static_cast<std::size_t>(std::distance(begin(open), end(open)));
    return figures;
}

} // namespace runwatch
