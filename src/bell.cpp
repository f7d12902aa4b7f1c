#include "runwatch/bell.hpp"

#include <memory>

namespace asio = boost::asio;

namespace runwatch {
namespace {

/// Has an alarm in a list as long as it lives.
class listed {
public:
    listed(std::list<alarm*>& all, alarm& one) : all_(all), place_(all.insert(all.end(), &one)) {}

    ~listed() { all_.erase(place_); }

    listed(listed const&) = delete;
    listed& operator=(listed const&) = delete;

private:
    std::list<alarm*>& all_;
    std::list<alarm*>::iterator place_;
};

} // namespace

void bell::ring() {
    ++rings_;
    for (auto* const each : waiting_)
        each->ring();
}

asio::awaitable<void> bell::wait(std::uint64_t rings_before, instant until) {
    auto const rung = clock_.make_alarm();
    listed const among{waiting_, *rung};
    while (rings_ == rings_before && clock_.now() < until)
        co_await rung->wait_until(until);
}

} // namespace runwatch
