// Fdb under readers that never stop: they must never see another key's row, nor miss one that is always there.
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "helpers.hpp"

using namespace ferry;
using ferry::test::key;
using ferry::test::remote;

namespace {

constexpr std::uint32_t universe = 400;   // MACs 1 to 400
constexpr std::uint32_t permanent = 40;   // of which the first 40 always have a row
constexpr std::uint32_t max_rows = 256;
constexpr std::uint32_t steps = 100'000;

/// A row that says whose it is.
Row row_of(std::uint64_t mac, std::uint32_t version)
{
    return remote(static_cast<std::uint32_t>(mac) + universe * version + 1);
}

bool belongs_to(Row row, std::uint64_t mac)
{
    return row.kind() == RowKind::remote && (index_of(row.vtep()) - 1) % universe == mac % universe;
}

struct Shared {
    std::unique_ptr<Fdb> fdb = *Fdb::make(max_rows, 64);
    std::unique_ptr<Qsbr> qsbr = *Qsbr::make(4);
    std::atomic<Epoch> epoch{0};
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> looked_up{0};
    std::atomic<std::uint32_t> foreign{0};
    std::atomic<std::uint32_t> missed{0};
};

void run_reader(Shared& shared, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    const std::uint32_t number = *shared.qsbr->add_reader();
    shared.qsbr->online(number);
    while (!shared.done.load(std::memory_order_relaxed)) {
        constexpr std::size_t burst = 32;
        FdbKey keys[burst];
        Row rows[burst];
        Fdb::Slot slots[burst];
        std::uint64_t macs[burst];
        for (std::size_t i = 0; i < burst; ++i) {
            macs[i] = 1 + random() % (i % 2 == 0 ? permanent : universe);
            keys[i] = key(macs[i]);
        }
        shared.fdb->lookup(keys, burst, shared.epoch.load(std::memory_order_acquire), rows, slots);
        for (std::size_t i = 0; i < burst; ++i) {
            if (!rows[i].is_absent())
                shared.foreign += !belongs_to(rows[i], macs[i]);
            else
                shared.missed += macs[i] <= permanent;
            shared.fdb->touch(slots[i], 9);
        }
        shared.looked_up += burst;
        shared.qsbr->quiescent(number);
        std::this_thread::yield();
    }
    shared.qsbr->offline(number);
    shared.qsbr->remove_reader(number);
}

}  // namespace

TEST_CASE("readers see whole rows of the right key while the writer changes, deletes and adds")
{
    Shared shared;
    Fdb& fdb = *shared.fdb;
    for (std::uint64_t mac = 1; mac <= permanent; ++mac)
        fdb.store(key(mac), row_of(mac, 0), 0);
    std::vector<std::thread> readers;
    for (std::uint64_t seed = 1; seed <= 3; ++seed)
        readers.emplace_back(run_reader, std::ref(shared), seed);

    std::mt19937_64 random(99);
    struct Commit {
        Epoch epoch;
        GraceToken token;
    };
    std::vector<Commit> unsettled;
    std::uint32_t stores = 0, prepares = 0, deletions = 0, full = 0;
    for (std::uint32_t step = 0; step < steps; ++step) {
        const auto version = static_cast<std::uint32_t>(random() % 1000);
        if (random() % 4 != 0) {
            const std::uint64_t mac = 1 + random() % universe;
            const bool erase = mac > permanent && random() % 2 == 0;
            // A full table still lets go of rows; without that it would stay full to the end.
            if (!fdb.is_pending(key(mac)) && (erase || fdb.has_room(1, 0))) {
                fdb.store(key(mac), erase ? Row{} : row_of(mac, version), 1);
                ++stores;
                deletions += erase;
            }
        } else if (fdb.has_room(8, 8)) {
            const Epoch since = shared.epoch.load() + 1;
            for (int i = 0; i < 8; ++i) {
                const std::uint64_t mac = 1 + random() % universe;
                fdb.prepare(key(mac), mac > permanent && random() % 2 == 0 ? Row{} : row_of(mac, version), since, 1);
            }
            shared.epoch.store(since, std::memory_order_release);
            unsettled.push_back({since, shared.qsbr->start()});
            ++prepares;
        } else {
            ++full;
            // A reader without a processor holds grace periods up; wait for it, so that transactions get their share.
            if (prepares < step / 50)
                shared.qsbr->wait(shared.qsbr->start(), std::chrono::seconds{60});
        }
        while (!unsettled.empty() && shared.qsbr->passed(unsettled.front().token)) {
            fdb.settle(unsettled.front().epoch);
            unsettled.erase(unsettled.begin());
        }
        fdb.reclaim(*shared.qsbr);
        // Lets the readers see this state now and then, also where there is one processor.
        for (const std::uint64_t before = shared.looked_up; step % 64 == 0 && shared.looked_up == before;)
            std::this_thread::yield();
    }
    shared.done = true;
    for (std::thread& reader : readers)
        reader.join();

    INFO(stores << " stores, " << deletions << " deletions, " << prepares << " transactions, " << full
                << " times full");
    CHECK(shared.foreign == 0);
    CHECK(shared.missed == 0);
    CHECK(stores > steps / 4);
    CHECK(deletions > steps / 40);
    CHECK(prepares > steps / 100);
}
