// What the machine remembers: endpoints within their bound, versions that only rise, labels, indexes.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {

std::optional<Labels> LabelPool::take()
{
    if (used_ == taken_.size())
        return std::nullopt;
    while (taken_[next_])
        next_ = (next_ + 1) % taken_.size();
    taken_[next_] = true;
    ++used_;
    const auto flush = first_ + 2 * static_cast<std::uint32_t>(next_);
    next_ = (next_ + 1) % taken_.size();
    return Labels{*Vni::make(flush), *Vni::make(flush + 1)};
}

void LabelPool::give_back(const Labels& labels)
{
    taken_[(labels.flush.value() - first_) / 2] = false;
    --used_;
}

Machine::State::State(const MachineConfig& of)
    : config(of), term_(of.term), kept_(of.term - 1),
      question_(static_cast<std::uint32_t>((of.term * 0x9e37'79b9'7f4a'7c15ULL) >> 32)),
      labels_(of.first_label, of.labels, of.term)
{
}

Endpoint* Machine::State::find(const Key& key)
{
    const auto found = endpoints_.find(key);
    return found == endpoints_.end() ? nullptr : &found->second;
}

Expected<Endpoint*> Machine::State::find_or_make(const Key& key)
{
    if (Endpoint* endpoint = find(key))
        return endpoint;
    if (endpoints_.size() >= config.bounds.keys && !forget_one())
        return fail(ErrorCode::table_full, "all endpoints that the machine has room for are being moved or run here; "
                                           "raise the bound");
    Endpoint& endpoint = endpoints_[key];
    endpoint.key = key;
    return &endpoint;
}

/// Versions must not go back with what is forgotten: this host's next ones have a higher term than any forgotten one.
bool Machine::State::forget_one()
{
    if (idle_.empty())
        return false;
    const auto forgotten = endpoints_.find(idle_.begin()->second);
    idle_.erase(idle_.begin());
    if (forgotten->second.version != Version{})
        term_ = std::max(term_, forgotten->second.version.term + 1);
    endpoints_.erase(forgotten);
    return true;
}

void Machine::State::settle(Endpoint& endpoint)
{
    const std::optional<Time> next = next_timer(endpoint, config.times);
    if (endpoint.has_timer && next != endpoint.timer)
        timers.erase({endpoint.timer, endpoint.key});
    if (next && (!endpoint.has_timer || *next != endpoint.timer))
        timers.insert({*next, endpoint.key});
    endpoint.has_timer = next.has_value();
    endpoint.timer = next.value_or(0);

    std::vector<Host> hosts;
    watched_hosts(endpoint, hosts);
    if (hosts != endpoint.watched) {
        for (Host host : endpoint.watched)
            watchers.erase({host, endpoint.key});
        for (Host host : hosts)
            watchers.insert({host, endpoint.key});
        endpoint.watched = std::move(hosts);
    }

    if (endpoint.idle_since != 0)
        idle_.erase({endpoint.idle_since, endpoint.key});
    endpoint.idle_since = endpoint.idle() ? ++idle_clock_ : 0;
    if (endpoint.idle_since != 0)
        idle_.insert({endpoint.idle_since, endpoint.key});
}

void Machine::State::watched_hosts(const Endpoint& endpoint, std::vector<Host>& hosts)
{
    for (const Unanswered& message : endpoint.unanswered)
        hosts.push_back(message.to);
    if (endpoint.claim && endpoint.claim->old_host)
        hosts.push_back(*endpoint.claim->old_host);
    for (const OldLabels& old : endpoint.old_labels)
        if (old.old_host)
            hosts.push_back(*old.old_host);
    if (endpoint.turning)
        hosts.insert(hosts.end(), {endpoint.turning->via, endpoint.turning->to});
    std::sort(hosts.begin(), hosts.end());
    hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
}

void Machine::State::keep_term(const Event& on, std::uint64_t term)
{
    term_ = std::max(term_, term);
    if (term_ > kept_) {
        kept_ = term_;
        on.want(KeepTerm{kept_});
    }
}

void Machine::State::see(const Event& on, const Version& version)
{
    if (version.term > term_)
        keep_term(on, version.term);
}

Version Machine::State::next_version(const Event& on, const Version& known)
{
    const Version& highest = std::max(on.endpoint.version, known);
    const Version next{std::max(term_, highest.term), highest.epoch + 1, config.self};
    keep_term(on, next.term);
    return next;
}

}  // namespace ferry::move
