// Turns and Labels under workers that never stop: whatever the writer does, a turn's count is that of the frames which
// went by the old host, and a label never leads to another's endpoint.
#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "helpers.hpp"

using namespace ferry;
using ferry::test::key;
using ferry::test::vni;

namespace {

constexpr std::uint32_t workers = 3;
constexpr auto patience = std::chrono::seconds(20);
const FdbKey turning = key(1);

struct Shared {
    std::unique_ptr<Fdb> fdb = *Fdb::make(64, 16);
    std::unique_ptr<Qsbr> qsbr = *Qsbr::make(workers);
    std::unique_ptr<Turns> turns = *Turns::make(4, workers);
    std::unique_ptr<Labels> labels = *Labels::make(0xf0'0000, 64);
    std::atomic<bool> done{false};
    // By stream: what workers marked as detours, counted beside the turn's own count, and what they sent directly.
    std::array<std::atomic<std::uint64_t>, 256> detours{}, direct{};
    std::atomic<std::uint64_t> wrong{0};
};

void run_worker(Shared& shared)
{
    const std::uint32_t number = *shared.qsbr->add_reader();
    shared.qsbr->online(number);
    for (std::uint32_t round = 0; !shared.done.load(std::memory_order_relaxed); ++round) {
        Row row;
        shared.fdb->lookup(&turning, 1, 0, &row);
        if (row.kind() == RowKind::turning) {
            const Turn turn = shared.turns->at(row.turn());
            // The writer gives a turn the parts that its stream stands for.
            shared.wrong += turn.via != VtepId{turn.stream} || turn.to != VtepId{turn.stream + 1000u};
            if (shared.turns->phase(row.turn()) == TurnPhase::detour) {
                shared.turns->count_detour(row.turn(), number);
                shared.detours[turn.stream].fetch_add(1, std::memory_order_relaxed);
            } else {
                shared.direct[turn.stream].fetch_add(1, std::memory_order_relaxed);
            }
        }
        const std::uint32_t label = 0xf0'0000 + round % 64;
        const FdbKey found = shared.labels->find(vni(label));
        shared.wrong += found != FdbKey{} && found.mac().to_u48() % 64 != label % 64;
        shared.qsbr->quiescent(number);
    }
    shared.qsbr->offline(number);
    shared.qsbr->remove_reader(number);
}

/// One turn from beginning to end. False where the workers did not come by in time.
bool turn_once(Shared& shared, std::uint8_t stream)
{
    const auto detours_before = shared.detours[stream].load();
    const auto direct_before = shared.direct[stream].load();
    const auto until = [&](auto&& condition) {
        for (const auto begin = std::chrono::steady_clock::now(); !condition(); std::this_thread::yield())
            if (std::chrono::steady_clock::now() - begin > patience)
                return false;
        return true;
    };
    const TurnId id = *shared.turns->begin({.via = VtepId{stream}, .to = VtepId{stream + 1000u}, .stream = stream});
    shared.fdb->store(turning, Row::turning(id, RowOrigin::endpoint), 0);
    if (!until([&] { return shared.detours[stream].load() != detours_before; }))
        return false;
    shared.turns->flip(id);
    if (!shared.qsbr->wait(shared.qsbr->start(), patience))
        return false;
    const std::uint64_t count = shared.turns->detours(id);
    shared.wrong += count != shared.detours[stream].load() - detours_before;
    if (!until([&] { return shared.direct[stream].load() != direct_before; }))
        return false;
    shared.wrong += shared.turns->detours(id) != count;
    shared.fdb->store(turning, Row::remote(VtepId{stream + 1000u}, RowOrigin::endpoint), 0);
    if (!shared.qsbr->wait(shared.qsbr->start(), patience))
        return false;
    shared.turns->release(id);
    return true;
}

}  // namespace

TEST_CASE("a turn's count stands after the flip and a grace period, however workers run")
{
    Shared shared;
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < workers; ++i)
        threads.emplace_back(run_worker, std::ref(shared));
    bool in_time = true;
    for (std::uint32_t round = 0; round < 100 && in_time; ++round) {
        const std::uint32_t label = 0xf0'0000 + round % 64;
        in_time = shared.labels->set(vni(label), key(640 + label % 64)).has_value() &&
                  turn_once(shared, static_cast<std::uint8_t>(1 + round % 255));
        shared.labels->clear(vni(label));
    }
    shared.done = true;
    for (std::thread& thread : threads)
        thread.join();
    CHECK(in_time);
    CHECK(shared.wrong == 0);
}
