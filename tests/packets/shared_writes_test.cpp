// Workers that run over the same tables share no cache line that any of them writes for a frame.
//
//   attachment in VNI 100 ── two workers over the same tables ── 60 VTEPs
#include <catch2/catch.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include "collected_memory.hpp"
#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr std::uint8_t endpoints = 60;
constexpr std::uintptr_t line = 64;

Mac near(std::uint8_t number) { return {0x52, 0x54, 0, 0, 1, number}; }
Mac far(std::uint8_t number) { return {0x52, 0x54, 0, 0, 2, number}; }
Ip4 vtep(std::uint8_t number) { return {172, 16, 1, number}; }

/// Frees what it gets.
class Drain : public Sink {
public:
    void to_attachment(AttachmentId, rte_mbuf** frames, std::uint16_t count) override { take(frames, count); }
    void to_gate(AttachmentId, rte_mbuf** frames, const Arrival*, std::uint16_t count) override { take(frames, count); }
    void to_underlay(UnderlayId, rte_mbuf** frames, std::uint16_t count) override { take(frames, count); }
    void pass(rte_mbuf** frames, std::uint16_t count) override { take(frames, count); }
    std::uint64_t taken = 0;

private:
    void take(rte_mbuf** frames, std::uint16_t count)
    {
        taken += count;
        rte_pktmbuf_free_bulk(frames, count);
    }
};

/// All of it in collected memory, one thing behind the other.
struct TwoWorkers {
    explicit TwoWorkers(bool learning)
    {
        const CollectMemory collects;
        tables = must(Tables::make({.rows = 4096}));
        fill(learning);
        make_workers();
    }

    void make_workers()
    {
        WorkerConfig config;
        config.local_vtep.address = ip(Host::address);
        config.pool = pool();
        for (int i = 0; i < 2; ++i) {
            begins[i] = collected_end();
            workers[i] = must(Worker::make(*tables, config));
            workers[i]->online();
        }
        begins[2] = collected_end();
    }

    /// Has workers that are not in the collected memory, with the tables.
    void take_workers_out()
    {
        for (auto& worker : workers)
            worker.reset();
        make_workers();
    }

    void fill(bool learning)
    {
        Transaction transaction(*tables);
        must(transaction.add_segment(vni(100), learning));
        attachment = must(transaction.add_attachment(vni(100), {}));
        const RowOrigin origin = learning ? RowOrigin::learned : RowOrigin::endpoint;
        std::vector<Ipv4Address> flood;
        for (std::uint8_t i = 0; i < endpoints; ++i) {
            AdjacencySpec spec;
            spec.next_hop = mac({2, 0, 0, 0, 0, 9});
            spec.source_mac = mac(Host::port_mac);
            spec.source = ip(Host::address);
            flood.push_back(ip(vtep(i)));
            const VtepId id = must(transaction.add_vtep(flood.back(), spec));
            must(transaction.set_row(vni(100), mac(far(i)), Row::remote(id, origin)));
            must(transaction.set_row(vni(100), mac(near(i)), Row::local(attachment, origin)));
        }
        must(transaction.set_flood(vni(100), std::move(flood)));
        must(transaction.commit());
        reclaim(*tables);
    }

    /// Unicast both ways, with a flood, a frame of the host's and one that is dropped. Returns how many came out.
    std::uint64_t run(int number, std::uint32_t now)
    {
        std::vector<rte_mbuf*> out, in;
        for (std::uint8_t i = 0; i < endpoints; ++i) {
            out.push_back(make_frame(ethernet(far(i), near(i), 0x0800, pattern(46))));
            in.push_back(make_frame(vxlan(outer_from(vtep(i), 100), ethernet(near(i), far(i), 0x0800, pattern(46)))));
        }
        out.push_back(make_frame(ethernet({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, near(8), 0x0806, pattern(46))));
        in.push_back(make_frame(ethernet(Host::port_mac, far(1), 0x0806, pattern(46))));
        in.push_back(make_frame(vxlan(outer_from(vtep(1), 999), ethernet(near(1), far(1), 0x0800, pattern(46)))));
        Drain drain;
        Worker& worker = *workers[number];
        worker.from_attachment(attachment, out.data(), static_cast<std::uint16_t>(out.size()), now, drain);
        worker.from_underlay(in.data(), static_cast<std::uint16_t>(in.size()), now, drain);
        worker.quiescent();
        return drain.taken;
    }
    static constexpr std::uint64_t all = endpoints + endpoints + endpoints + 1;

    /// Whether the line is in what was allocated for the worker, even if it shares it with its neighbour.
    bool is_of_worker(std::uintptr_t of, int number) const
    {
        return of + line > begins[number] && of < begins[number + 1];
    }

    std::unique_ptr<Tables> tables;
    AttachmentId attachment{};
    std::unique_ptr<Worker> workers[2];
    std::uintptr_t begins[3]{};
};

}  // namespace

TEST_CASE("No frame writes to the tables: they may be read-only memory")
{
    TwoWorkers two(false);
    two.take_workers_out();
    const ReadOnlyMemory all;
    for (std::uint32_t now = 1000; now < 1003; ++now) {
        CHECK(two.run(0, now) == TwoWorkers::all);
        CHECK(two.run(1, now) == TwoWorkers::all);
    }
    CHECK(all.writes() == 0);
}

TEST_CASE("Where endpoints are learned their rows are written once a second, by whichever worker sees them first")
{
    TwoWorkers two(true);
    two.take_workers_out();
    two.run(0, 1000);
    {
        const ReadOnlyMemory all;
        two.run(0, 1000);
        two.run(1, 1000);
        CHECK(all.writes() == 0);
        two.run(1, 1001);
        CHECK(all.writes() != 0);
    }
    const ReadOnlyMemory all;
    two.run(0, 1001);
    CHECK(all.writes() == 0);
}

TEST_CASE("What a worker writes for a frame is on cache lines of its own")
{
    TwoWorkers two(false);
    for (int number : {0, 1}) {
        two.run(number, 1000);
        const MemoryCopy before;
        two.run(number, 1000);
        const auto lines = before.changed_lines();
        CHECK(lines.size() > endpoints);  // counters of each VTEP, and the burst itself
        for (const std::uintptr_t changed : lines) {
            CHECK(two.is_of_worker(changed, number));
            CHECK_FALSE(two.is_of_worker(changed, 1 - number));
        }
    }
}
