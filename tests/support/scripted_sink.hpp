#pragma once

#include "runwatch/clock.hpp"
#include "runwatch/sink.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace runwatch::support {

/// A sink that does as the test says and remembers what it was asked.
class scripted_sink : public sink {
public:
    struct attempt {
        timestamp at;
        std::string run_id;
    };

    explicit scripted_sink(clock& clock) : clock_(clock) {}

    boost::asio::awaitable<result<void>> deliver(run_result result) override {
        attempt made;
        made.at = clock_.utc();
        made.run_id = result.key.run_id;
        attempts.push_back(made);
        most_under_way = std::max(most_under_way, ++under_way);
        if (takes != duration(0)) {
            auto const done = clock_.make_alarm();
            co_await done->wait_until(clock_.now() + takes);
        }
        --under_way;
        auto const outcome = answer(made.run_id);
        if (outcome)
            taken.push_back(made.run_id);
        co_return outcome;
    }

    boost::asio::awaitable<result<std::vector<std::string>>> find_delivered(std::vector<std::string> owed) override {
        std::vector<std::string> found;
        for (auto const& id : owed)
            if (std::find(known.begin(), known.end(), id) != known.end())
                found.push_back(id);
        co_return found;
    }

    /// What it says to each attempt; success unless told otherwise.
    std::function<result<void>(std::string const& run_id)> answer = [](std::string const&) { return result<void>(); };
    /// How long each attempt takes.
    duration takes{0};
    /// The result ids that it already has.
    std::vector<std::string> known;

    std::vector<attempt> attempts;
    std::vector<std::string> taken;
    std::size_t under_way = 0;
    std::size_t most_under_way = 0;

private:
    clock& clock_;
};

} // namespace runwatch::support
