#include "runwatch/watch_list.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace runwatch {

run_key watched_item::key() const { return {test->id, run_id}; }

watched_run watched_item::run() const { return {key(), progress}; }

bool earlier::operator()(run_group const& a, run_group const& b) const {
    return a.waiting.begin()->due < b.waiting.begin()->due;
}

std::size_t run_group::count_due(instant until, std::size_t most) const {
    std::size_t count = 0;
    for (auto const& item : waiting) {
        if (item.due > until || count == most)
            break;
        ++count;
    }
    return count;
}

void run_group::begin_sweep(instant until) {
    ++sweep;
    swept_until = until;
}

bool run_group::is_missing(watched_item const& item) const {
    return item.due <= swept_until && item.past_sweep != sweep;
}

std::size_t run_group::count_missing(std::size_t most) const {
    std::size_t count = 0;
    for (auto const& item : waiting) {
        if (item.due > swept_until || count == most)
            break;
        if (is_missing(item))
            ++count;
    }
    return count;
}

std::optional<run_list> watched_test::list() const { return run_list{id}; }

std::optional<run_list> watched_suite_run::list() const {
    if (suite.empty())
        return std::nullopt;
    return run_list{suite, id};
}

std::size_t watch_list::same_key::operator()(std::unique_ptr<watched_item> const& item) const {
    return hash_ids(item->test->id, item->run_id);
}

std::size_t watch_list::same_key::operator()(run_key const& key) const { return std::hash<run_key>{}(key); }

bool watch_list::same_key::operator()(std::unique_ptr<watched_item> const& a,
                                      std::unique_ptr<watched_item> const& b) const {
    return a == b || (same_id(a->run_id, b->run_id) && same_id(a->test->id, b->test->id));
}

bool watch_list::same_key::operator()(run_key const& key, std::unique_ptr<watched_item> const& item) const {
    return same_id(key.run_id, item->run_id) && same_id(key.test_id, item->test->id);
}

bool watch_list::same_key::operator()(std::unique_ptr<watched_item> const& item, run_key const& key) const {
    return (*this)(key, item);
}

watch_list::~watch_list() { unlink_all(); }

void watch_list::add(watched_run run, instant due) {
    if (find(run.key) != nullptr)
        return;
    auto item = std::make_unique<watched_item>();
    item->test = &test_of(run.key.test_id);
    ++item->test->members;
    item->run_id = std::move(run.key.run_id);
    item->progress = std::move(static_cast<watch_progress&>(run));
    if (item->progress.status_text.empty())
        ++unseen_;
    auto& added = **items_.insert(std::move(item)).first;
    put(added, due);
}

watched_item* watch_list::find(run_key const& key) {
    auto const found = items_.find(key);
    return found == items_.end() ? nullptr : found->get();
}

watched_counts watch_list::count_by_status() const {
    watched_counts counts;
    for (auto const& item : items_) {
        if (item->progress.status_text.empty()) {
            ++counts.unseen;
            continue;
        }
        switch (parse_status(item->progress.status_text)) {
        case run_status::pending:
            ++counts.pending;
            break;
        case run_status::starting:
            ++counts.starting;
            break;
        case run_status::running:
            ++counts.running;
            break;
        default:
            ++counts.other;
        }
    }
    return counts;
}

watched_test* watch_list::find_test(std::string const& id) {
    auto const found = tests_.find(id);
    return found == tests_.end() ? nullptr : found->second.get();
}

watched_suite_run* watch_list::find_suite_run(std::string const& id) {
    auto const found = suite_runs_.find(id);
    return found == suite_runs_.end() ? nullptr : found->second.get();
}

run_group* watch_list::first() { return order_.empty() ? nullptr : &*order_.begin(); }

void watch_list::take(watched_item& item) { leave(item); }

void watch_list::put(watched_item& item, instant due) {
    leave(item);
    auto const by_suite_run =
        item.suite_run != nullptr && item.suite_run->list() && item.suite_run->members > item.test->members;
    run_group& group = by_suite_run ? static_cast<run_group&>(*item.suite_run) : *item.test;
    item.due = due;
    item.waits_in = &group;
    item.past_sweep = group.sweep;
    group.waiting.insert(item);
    if (&*group.waiting.begin() == &item)
        reorder(group);
}

void watch_list::single_out(watched_item& item, instant now) {
    put(item, now);
    auto& group = *item.waits_in;
    group.swept_until = std::max(group.swept_until, now);
    item.past_sweep = group.sweep - 1;
}

void watch_list::remove(watched_item& item) {
    auto const taken = item.waits_in == nullptr;
    auto const found = items_.find(item.key());
    auto owned = std::move(items_.extract(found).value());
    if (item.progress.status_text.empty())
        --unseen_;
    if (taken) {
        item.let_go = true;
        leaving_.push_back(std::move(owned));
        return;
    }
    leave(item);
    release(item);
}

void watch_list::free(watched_item& item) {
    auto const found = std::ranges::find(leaving_, &item, &std::unique_ptr<watched_item>::get);
    auto const owned = std::move(*found);
    leaving_.erase(found);
    release(item);
}

void watch_list::update(watched_item& item, watch_progress now_known) {
    if (item.progress.status_text.empty() && !now_known.status_text.empty())
        --unseen_;
    item.progress = std::move(now_known);
}

void watch_list::join(watched_item& item, std::string const& suite_run_id) {
    if (item.suite_run != nullptr || suite_run_id.empty())
        return;
    auto& known = suite_runs_[suite_run_id];
    if (known == nullptr) {
        known = std::make_unique<watched_suite_run>();
        known->id = suite_run_id;
    }
    item.suite_run = known.get();
    ++known->members;
    if (known->suite.empty())
        known->suite = item.test->suite;
}

void watch_list::set_aside(run_group& group) {
    group.set_aside = true;
    reorder(group);
}

void watch_list::bring_back(run_group& group) {
    group.set_aside = false;
    reorder(group);
    if (group.members != 0)
        return;
    if (auto* const test = dynamic_cast<watched_test*>(&group); test != nullptr)
        collect(*test);
    else
        collect(static_cast<watched_suite_run&>(group));
}

/// Takes everything out of all orders.
void watch_list::unlink_all() {
    order_.clear();
    for (auto const& [id, test] : tests_)
        test->waiting.clear();
    for (auto const& [id, suite_run] : suite_runs_)
        suite_run->waiting.clear();
}

void watch_list::clear() {
    unlink_all();
    std::erase_if(items_, [this](auto const& item) {
        if (item->waits_in == nullptr)
            return false;
        if (item->progress.status_text.empty())
            --unseen_;
        --item->test->members;
        if (item->suite_run != nullptr)
            --item->suite_run->members;
        return true;
    });
    auto const is_over = [](auto const& each) { return each.second->members == 0 && !each.second->set_aside; };
    std::erase_if(tests_, is_over);
    std::erase_if(suite_runs_, is_over);
}

void watch_list::hasten(instant due) {
    // All orders stay as they are where all are equal.
    for (auto const& item : items_)
        if (item->waits_in != nullptr) {
            item->due = due;
            item->waits_in->swept_until = instant::min();
        }
}

std::vector<run_key> watch_list::keys(bool taken) const {
    std::vector<run_key> found;
    for (auto const& item : items_)
        if ((item->waits_in == nullptr || item->waits_in->set_aside) == taken)
            found.push_back(item->key());
    return found;
}

watched_test& watch_list::test_of(std::string const& id) {
    auto& known = tests_[id];
    if (known == nullptr) {
        known = std::make_unique<watched_test>();
        known->id = id;
    }
    return *known;
}

void watch_list::leave(watched_item& item) {
    if (item.waits_in == nullptr)
        return;
    auto& group = *std::exchange(item.waits_in, nullptr);
    auto const was_first = &*group.waiting.begin() == &item;
    group.waiting.erase(group.waiting.iterator_to(item));
    if (was_first)
        reorder(group);
}

/// Puts a group where its first run now belongs.
void watch_list::reorder(run_group& group) {
    if (group.due_hook::is_linked())
        order_.erase(order_.iterator_to(group));
    if (!group.set_aside && !group.waiting.empty())
        order_.insert(group);
}

/// Takes a run that is about to go out of its groups.
void watch_list::release(watched_item& item) {
    auto* const suite_run = item.suite_run;
    auto& test = *item.test;
    --test.members;
    if (suite_run != nullptr && --suite_run->members == 0)
        collect(*suite_run);
    if (test.members == 0)
        collect(test);
}

void watch_list::collect(watched_test& test) {
    if (!test.set_aside)
        tests_.erase(std::string{test.id});
}

void watch_list::collect(watched_suite_run& suite_run) {
    if (!suite_run.set_aside)
        suite_runs_.erase(std::string{suite_run.id});
}

} // namespace runwatch
