#include "sim/run_list.hpp"

#include "sim/render.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <random>

namespace runwatch::sim {
namespace {

void read_number(route const& asked, std::string_view name, std::size_t most, std::size_t& into, page_query& page) {
    auto const text = asked.parameter(name);
    if (!text)
        return;
    auto const* const end = text->data() + text->size();
    auto const [stop, error] = std::from_chars(text->data(), end, into);
    if (error != std::errc() || stop != end)
        page.refusal = render_validation_error("query", name, "Input should be a valid integer", "int_parsing");
    else if (into < 1)
        page.refusal =
            render_validation_error("query", name, "Input should be greater than or equal to 1", "greater_than_equal");
    else if (into > most)
        page.refusal = render_validation_error(
            "query", name, "Input should be less than or equal to " + std::to_string(most), "less_than_equal");
}

bool passes(run_filter const& filter, known_run const& run, duration now) {
    return (!filter.suite_run || run.suite_run == *filter.suite_run) &&
           (!filter.status || run.at(now).status == *filter.status);
}

} // namespace

page_query read_page(route const& asked) {
    page_query page;
    read_number(asked, "page[number]", std::numeric_limits<std::size_t>::max(), page.number, page);
    read_number(asked, "page[size]", 100, page.size, page);
    return page;
}

page_bounds bounds_of(page_query const& page, std::size_t total) {
    auto const pages_before = page.number - 1;
    auto const step = page.size - page.repeated;
    auto const begin = pages_before > total / step ? total : std::min(total, pages_before * step);
    return {begin, std::min(total, begin + page.size)};
}

run_page pick_runs(std::vector<known_run*> const& all, run_filter const& filter, list_order order,
                   page_query const& page, duration now, std::uint64_t shuffle_seed) {
    // Without a filter and with a stable order only the page is touched, however many runs there are.
    std::vector<known_run*> chosen;
    auto const* from = &all;
    auto const mixed = order == list_order::shuffled || order == list_order::scattered;
    if (filter.status || filter.suite_run || mixed) {
        auto const fits = [&](known_run const* run) { return passes(filter, *run, now); };
        std::ranges::copy_if(all, std::back_inserter(chosen), fits);
        if (order == list_order::shuffled)
            std::ranges::shuffle(chosen, std::mt19937_64(shuffle_seed));
        else if (order == list_order::scattered)
            std::ranges::sort(chosen, {}, &known_run::seed);
        from = &chosen;
    }
    run_page picked;
    picked.total = from->size();
    auto const bounds = bounds_of(page, picked.total);
    for (auto place = bounds.begin; place != bounds.end; ++place)
        picked.runs.push_back(order == list_order::newest ? (*from)[picked.total - 1 - place] : (*from)[place]);
    return picked;
}

} // namespace runwatch::sim
