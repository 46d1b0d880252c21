// One host's machine with a clock, whose actions tests look for. All hosts but "self" are names only.
#pragma once

#include <map>

#include <catch2/catch.hpp>

#include <ferry/move/machine.hpp>

namespace ferry::test {

using namespace ferry::move;

constexpr Time ms = 1'000'000;

constexpr Host host(std::uint32_t number) { return Ipv4Address::from_host(0x0a00'0000 + number); }
constexpr Key key(std::uint32_t number = 1)
{
    return {*Vni::make(100), MacAddress::from_u48(0x5254'0000'0000 + number)};
}
constexpr Labels labels_of(std::uint32_t first) { return {*Vni::make(first), *Vni::make(first + 1)}; }

constexpr Host self = host(10), old_host = host(1), peer = host(2), new_host = host(3), plain_peer = host(99);

struct OneHost {
    explicit OneHost(MachineConfig with = {}) : config(std::move(with))
    {
        config.self = self;
        if (config.peers.empty())
            config.peers = {old_host, peer, new_host};
        machine = *Machine::make(config);
    }

    // Events; each leaves in `out` what the machine wants, and nothing else.
    template <typename Call>
    void event(Call call)
    {
        out.clear();
        call();
        remember_questions();
    }
    void start(Place place = {}) { event([&] { REQUIRE(machine->ring_started(key(), place, now, out)); }); }
    void start_where_ferry_is(Host at) { start({Place::Kind::ferry, at}); }
    void stop() { event([&] { REQUIRE(machine->ring_stopped(key(), now, out)); }); }
    /// Answers without a question are to the last that the machine asked `from`.
    void receive(Host from, Body body, bool allowed = true)
    {
        if (auto* moved = std::get_if<Moved>(&body); moved != nullptr && moved->question == 0)
            moved->question = questions[from];
        if (auto* not_mine = std::get_if<NotMine>(&body); not_mine != nullptr && not_mine->question == 0)
            not_mine->question = questions[from];
        event([&] { REQUIRE(machine->received(from, {key(), std::move(body)}, allowed, fdb_row, now, out)); });
    }
    void lose(Host to) { event([&] { machine->unreachable(to, now, out); }); }
    void drained(std::uint64_t frames) { event([&] { machine->drained(key(), frames, now, out); }); }
    void opened(std::uint64_t frames = 0) { event([&] { machine->opened(key(), frames, now, out); }); }
    void merged() { event([&] { machine->merged(key(), now, out); }); }
    void relayed(Host sender, bool is_ferry = true) { event([&] { machine->relayed(key(), sender, is_ferry, now, out); }); }
    void marking() { event([&] { machine->marking(key(), now, out); }); }
    void flipped(std::uint64_t frames) { event([&] { machine->flipped(key(), frames, now, out); }); }
    void seen(Host row, Host at) { event([&] { REQUIRE(machine->seen_elsewhere(key(), row, at, now, out)); }); }

    /// Lets `time` pass; all that the timers want is in `out`.
    void pass(Time time)
    {
        out.clear();
        const Time end = now + time;
        for (int i = 0; i < 100'000 && machine->deadline() && *machine->deadline() <= end; ++i) {
            REQUIRE(*machine->deadline() >= now);
            now = *machine->deadline();
            machine->tick(now, out);
        }
        now = end;
        remember_questions();
    }

    // What it wanted.
    template <typename A>
    std::vector<A> all() const
    {
        std::vector<A> found;
        for (const Action& action : out)
            if (const auto* one = std::get_if<A>(&action))
                found.push_back(*one);
        return found;
    }
    template <typename A>
    bool wants() const { return !all<A>().empty(); }
    template <typename A>
    A one() const
    {
        const auto found = all<A>();
        REQUIRE(found.size() == 1);
        return found.front();
    }
    template <typename B>
    std::vector<B> all_said(Host to) const
    {
        std::vector<B> found;
        for (const Send& send : all<Send>())
            if (send.to == to && std::holds_alternative<B>(send.message.body))
                found.push_back(std::get<B>(send.message.body));
        return found;
    }
    template <typename B>
    bool says(Host to) const { return !all_said<B>(to).empty(); }
    template <typename B>
    B said(Host to) const
    {
        const auto found = all_said<B>(to);
        REQUIRE(found.size() == 1);
        return found.front();
    }
    bool notes(Phase phase) const
    {
        for (const Note& note : all<Note>())
            if (note.entry.phase == phase)
                return true;
        return false;
    }
    /// What the machine wanted besides messages.
    std::size_t changes() const
    {
        std::size_t count = 0;
        for (const Action& action : out)
            count += !std::holds_alternative<Send>(action);
        return count;
    }

    // Ways to common states.

    /// Runs here; nobody had it.
    void own()
    {
        start();
        for (Host one_peer : config.peers)
            receive(one_peer, NotMine{});
        opened();
        merged();
    }
    /// Granted to `to` as of the version returned, and drained. Each time under other labels.
    Version give(Host to, std::uint64_t flush_frames = 0)
    {
        stop();
        receive(to, Claim{{}, labels_of(0xf1'0000 + 2 * given++)});
        const Version version = said<Grant>(to).version;
        drained(flush_frames);
        receive(to, DrainedAck{version});
        return version;
    }
    /// Granted by `from`, opened and merged, its books open.
    Version get(Host from, Version version = {5, 7, old_host})
    {
        start_where_ferry_is(from);
        receive(from, Grant{version});
        receive(from, Drained{version, 3});
        opened(3);
        merged();
        return version;
    }

    void remember_questions()
    {
        for (const Send& send : all<Send>()) {
            if (const auto* claim = std::get_if<Claim>(&send.message.body))
                questions[send.to] = claim->question;
            else if (std::holds_alternative<Ask>(send.message.body))
                questions[send.to] = 0;
        }
    }

    MachineConfig config;
    std::map<Host, std::uint32_t> questions;
    std::uint32_t given = 0;
    std::unique_ptr<Machine> machine;
    Actions out;
    Place fdb_row{Place::Kind::ferry, old_host};  ///< what this host's row says when a message comes
    Time now = 1'000'000 * ms;
};

}  // namespace ferry::test
