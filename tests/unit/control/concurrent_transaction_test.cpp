// Readers that never stop, while transactions commit: a burst sees a transaction as a whole or not at all.
#include <atomic>
#include <random>
#include <thread>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

/// Runs `burst(epoch)` on reader threads, each online and quiescent after each burst, until the object is destroyed.
class Readers {
public:
    Readers(Tables& tables, int count, std::function<void(Epoch)> burst) : tables_(tables), burst_(std::move(burst))
    {
        for (int i = 0; i < count; ++i)
            threads_.emplace_back([this] { run(); });
    }
    ~Readers() { stop(); }
    Readers(const Readers&) = delete;
    Readers& operator=(const Readers&) = delete;

    void stop()
    {
        done_ = true;
        for (std::thread& thread : threads_)
            if (thread.joinable())
                thread.join();
    }

    /// Writer: returns when some reader ended a burst since the call.
    void wait_for_a_burst() const
    {
        for (const std::uint64_t before = bursts_; bursts_ == before;)
            std::this_thread::yield();
    }

private:
    void run()
    {
        Qsbr& qsbr = tables_.qsbr();
        const std::uint32_t number = *qsbr.add_reader();
        qsbr.online(number);
        while (!done_.load(std::memory_order_relaxed)) {
            burst_(tables_.epoch());
            ++bursts_;
            qsbr.quiescent(number);
            std::this_thread::yield();
        }
        qsbr.offline(number);
        qsbr.remove_reader(number);
    }

    Tables& tables_;
    std::function<void(Epoch)> burst_;
    std::atomic<bool> done_{false};
    std::atomic<std::uint64_t> bursts_{0};
    std::vector<std::thread> threads_;
};

/// Commits, and tries again where workers still hold the room.
void commit(Transaction& transaction)
{
    for (int attempt = 0; attempt < 10'000; ++attempt)
        if (transaction.commit())
            return;
    FAIL("no room in 10,000 attempts");
}

constexpr int reader_count = 3;

}  // namespace

TEST_CASE("rows that move together are seen at one VTEP, never at two")
{
    auto tables = make_tables();
    constexpr std::size_t row_count = 16;
    Transaction transaction(*tables);
    const SegmentIndex segment = *transaction.add_segment(vni(1), true);
    const VtepId vteps[] = {*transaction.add_vtep(address(1), spec()), *transaction.add_vtep(address(2), spec())};
    const auto move_to = [&](VtepId vtep) {
        for (std::size_t i = 0; i < row_count; ++i)
            REQUIRE(transaction.set_row(vni(1), mac(i), remote(vtep)));
        commit(transaction);
    };
    move_to(vteps[0]);

    std::atomic<std::uint32_t> mixed{0}, absent{0}, moved{0};
    Readers readers(*tables, reader_count, [&](Epoch epoch) {
        thread_local VtepId last = VtepId::none;
        FdbKey keys[row_count];
        Row rows[row_count];
        for (std::size_t i = 0; i < row_count; ++i)
            keys[i] = FdbKey(segment, mac(i));
        tables->fdb().lookup(keys, row_count, epoch, rows);
        for (std::size_t i = 0; i < row_count; ++i) {
            absent += rows[i].is_absent() || tables->vteps().at(rows[i].vtep(), epoch) == nullptr;
            mixed += rows[i] != rows[0];
        }
        moved += rows[0].vtep() != std::exchange(last, rows[0].vtep());
    });
    for (std::uint32_t step = 1; step <= 3000; ++step) {
        move_to(vteps[step % 2]);
        if (step % 3 == 0)
            reclaim(*tables);
        if (step % 8 == 0)
            readers.wait_for_a_burst();
    }
    readers.stop();
    CHECK(mixed == 0);
    CHECK(absent == 0);
    CHECK(moved > 10);
}

TEST_CASE("a row and what it names change together")
{
    // VTEP 1 and its row, then VTEP 2 and its row, in turn: added and removed with one transaction each.
    auto tables = make_tables();
    Transaction transaction(*tables);
    const SegmentIndex segment = *transaction.add_segment(vni(1), true);
    VtepId at = *transaction.add_vtep(address(1), spec());
    REQUIRE(transaction.set_row(vni(1), mac(1), remote(at)));
    REQUIRE(transaction.set_flood(vni(1), {address(1)}));
    commit(transaction);

    std::atomic<std::uint32_t> wrong{0};
    Readers readers(*tables, reader_count, [&](Epoch epoch) {
        const FdbKey key(segment, mac(1));
        Row row;
        tables->fdb().lookup(&key, 1, epoch, &row);
        const Adjacency* adjacency = tables->vteps().at(row.vtep(), epoch);
        const Segment* seen = tables->segments().find(vni(1), epoch);
        wrong += adjacency == nullptr || adjacency->vtep != row.vtep() || seen == nullptr || seen->index != segment ||
                 seen->flood != std::vector{row.vtep()};
    });
    for (std::uint32_t step = 2; step < 2000; ++step) {
        for (int attempt = 0;; ++attempt) {
            const auto next = transaction.add_vtep(address(step), spec());
            if (next) {
                at = *next;
                break;
            }
            // All ids are taken by VTEPs that readers may still see.
            REQUIRE(attempt < 10'000);
            readers.wait_for_a_burst();
            reclaim(*tables);
        }
        REQUIRE(transaction.set_row(vni(1), mac(1), remote(at)));
        REQUIRE(transaction.set_flood(vni(1), {address(step)}));
        REQUIRE(transaction.remove_vtep(address(step - 1)));
        commit(transaction);
        reclaim(*tables);
    }
    readers.stop();
    CHECK(wrong == 0);
}

TEST_CASE("an adjacency changes as a whole")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    const VtepId id = *transaction.add_vtep(address(1), spec(1));
    commit(transaction);
    std::atomic<std::uint32_t> torn{0}, changes{0};
    Readers readers(*tables, reader_count, [&](Epoch epoch) {
        thread_local std::uint8_t last = 0;
        const Adjacency& adjacency = *tables->vteps().at(id, epoch);
        const std::uint8_t ttl = adjacency.header[22];
        const std::uint8_t next_hop = adjacency.header[5];
        torn += ttl != next_hop || ttl != adjacency.spec.ttl || adjacency.max_inner != 1000 + ttl - 36;
        changes += ttl != std::exchange(last, ttl);
    });
    for (std::uint32_t step = 0; step < 3000; ++step) {
        AdjacencySpec changed = spec(static_cast<std::uint8_t>(1 + step % 200));
        changed.next_hop.bytes[5] = changed.ttl;
        changed.mtu = static_cast<std::uint16_t>(1000 + changed.ttl);
        REQUIRE(transaction.set_adjacency(address(1), changed));
        commit(transaction);
        if (step == 0) {
            // The first version of all has another shape; let it go before anyone is counted wrong for it.
            REQUIRE(wait_until_seen(*tables, *transaction.commit(), std::chrono::seconds(60)));
            torn = 0;
        }
        if (step % 2 == 0)
            reclaim(*tables);
        if (step % 8 == 0)
            readers.wait_for_a_burst();
    }
    readers.stop();
    CHECK(torn == 0);
    CHECK(changes > 10);
}

TEST_CASE("a VNI finds its own segment or none while segments come and go")
{
    auto tables = make_tables();
    constexpr std::uint32_t universe = 12;
    std::atomic<std::uint32_t> wrong{0}, found{0};
    Readers readers(*tables, reader_count, [&](Epoch epoch) {
        for (std::uint32_t i = 0; i < universe; ++i) {
            // VNIs in different leaves of the table, so that leaves come and go too.
            const Segment* segment = tables->segments().find(vni(i * 5000), epoch);
            if (segment == nullptr)
                continue;
            ++found;
            wrong += segment->vni != vni(i * 5000) || tables->segments().at(segment->index, epoch) != segment;
            FdbKey key(segment->index, mac(i));
            Row row;
            tables->fdb().lookup(&key, 1, epoch, &row);
            wrong += row.kind() != RowKind::blackhole;
        }
    });
    std::mt19937_64 random(5);
    Transaction transaction(*tables);
    std::uint32_t changes = 0;
    for (std::uint32_t step = 0; step < 5000; ++step) {
        const auto i = static_cast<std::uint32_t>(random() % universe);
        if (transaction.add_segment(vni(i * 5000), true))
            REQUIRE(transaction.set_row(vni(i * 5000), mac(i), Row::blackhole(RowOrigin::permanent)));
        else if (!transaction.remove_segment(vni(i * 5000)))
            continue;
        commit(transaction);
        ++changes;
        reclaim(*tables);
        if (step % 8 == 0)
            readers.wait_for_a_burst();
    }
    readers.stop();
    CHECK(wrong == 0);
    CHECK(found > 0);
    CHECK(changes > 1000);
}
