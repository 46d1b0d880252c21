#include "run/dut.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <ferry/control/transaction.hpp>
#include <ferry/engine/worker.hpp>
#include <ferry/wire/ethernet.hpp>

#include "run/pinning.hpp"

namespace ferry::bench {
namespace {

constexpr std::uint16_t burst = 32;
constexpr std::uint32_t rows_at_once = 16'384;

constexpr std::uint64_t parts = 16;  // of a cycle, that costs are counted in

/// Sends all, and frees what the port does not take.
void send_all(ferryd::Port& port, rte_mbuf** frames, std::uint16_t count)
{
    const std::uint16_t taken = port.transmit(0, frames, count).taken;
    rte_pktmbuf_free_bulk(frames + taken, static_cast<unsigned>(count - taken));
}

/// All that the engine gives goes to the one port.
class BackToPort : public Sink {
public:
    explicit BackToPort(ferryd::Port& port) : port_(port) {}
    void to_attachment(AttachmentId, rte_mbuf** frames, std::uint16_t count) override
    {
        send_all(port_, frames, count);
    }
    void to_underlay(UnderlayId, rte_mbuf** frames, std::uint16_t count) override { send_all(port_, frames, count); }
    void to_gate(AttachmentId, rte_mbuf** frames, const Arrival*, std::uint16_t count) override
    {
        rte_pktmbuf_free_bulk(frames, count);
    }
    void pass(rte_mbuf** frames, std::uint16_t count) override { rte_pktmbuf_free_bulk(frames, count); }

private:
    ferryd::Port& port_;
};

/// Segments, remotes, an attachment for each segment, and the rows.
Expected<std::vector<AttachmentId>> fill(Tables& tables, const Plan& plan, MacAddress own_mac)
{
    std::vector<AttachmentId> attachments;
    std::vector<VtepId> vteps;
    const auto staged = [&](Transaction& transaction) -> Expected<void> {
        for (std::uint32_t segment = 0; segment < plan.segments; ++segment) {
            if (auto added = transaction.add_segment(plan.vni_of(segment), false); !added)
                return tl::unexpected(added.error());
            auto attachment = transaction.add_attachment(plan.vni_of(segment), {});
            if (!attachment)
                return tl::unexpected(attachment.error());
            attachments.push_back(*attachment);
        }
        for (std::uint32_t remote = 0; remote < plan.remotes; ++remote) {
            AdjacencySpec spec;
            spec.next_hop = plan.remote_mac;
            spec.source_mac = own_mac;
            spec.source = plan.vtep;
            spec.port = plan.vxlan_port;
            spec.mtu = largest_underlay_packet;
            auto vtep = transaction.add_vtep(plan.remote_of(remote), spec);
            if (!vtep)
                return tl::unexpected(vtep.error());
            vteps.push_back(*vtep);
        }
        return {};
    };
    const auto commit = [&](Transaction& transaction) -> Expected<void> {
        const auto done = transaction.commit();
        if (!done)
            return tl::unexpected(done.error());
        reclaim(tables);
        return {};
    };
    Transaction transaction(tables);
    if (auto done = staged(transaction).and_then([&] { return commit(transaction); }); !done)
        return tl::unexpected(done.error());
    for (std::uint32_t endpoint = 0; endpoint < plan.endpoints; ++endpoint) {
        const Row row = plan.traffic == Traffic::encap
                            ? Row::remote(vteps[endpoint % plan.remotes], RowOrigin::endpoint)
                            : Row::local(attachments[plan.segment_of(endpoint)], RowOrigin::endpoint);
        auto done = transaction.set_row(plan.vni_of(endpoint), plan.endpoint_mac(endpoint), row);
        if (done && (endpoint % rows_at_once == rows_at_once - 1 || endpoint + 1 == plan.endpoints))
            done = commit(transaction);
        if (!done)
            return tl::unexpected(done.error());
    }
    return attachments;
}

TableLimits limits_for(const Plan& plan)
{
    TableLimits limits;
    limits.rows = std::max(limits.rows, plan.endpoints);
    limits.transaction_rows = 2 * rows_at_once;
    limits.segments = std::max(limits.segments, plan.segments);
    limits.vteps = std::max(limits.vteps, plan.remotes);
    limits.attachments = std::max(limits.attachments, plan.segments);
    return limits;
}

}  // namespace

struct InnerDut::Engine {
    Plan plan;
    std::unique_ptr<Tables> tables;
    std::unique_ptr<Worker> worker;
    std::vector<AttachmentId> attachments;  ///< by segment
    BackToPort sink;

    explicit Engine(const Plan& of, ferryd::Port& port) : plan(of), sink(port) {}

    /// By whose MAC a frame comes: the hosts' are numbered by segment.
    AttachmentId attachment_of(const rte_mbuf* frame) const noexcept
    {
        if (plan.segments == 1)
            return attachments[0];
        const MacAddress source = rte_pktmbuf_mtod(frame, const wire::EthernetHeader*)->source;
        return attachments[(source.to_u48() - plan.first_host.to_u48()) % plan.segments];
    }

    void forward(rte_mbuf** frames, std::uint16_t count, std::uint32_t seconds)
    {
        if (plan.traffic == Traffic::decap) {
            worker->from_underlay(frames, count, seconds, sink);
        } else {
            for (std::uint16_t done = 0; done < count;) {
                const AttachmentId from = attachment_of(frames[done]);
                auto end = static_cast<std::uint16_t>(done + 1);
                while (end < count && attachment_of(frames[end]) == from)
                    ++end;
                worker->from_attachment(from, frames + done, static_cast<std::uint16_t>(end - done), seconds, sink);
                done = end;
            }
        }
        worker->quiescent();
    }
};

Expected<std::unique_ptr<InnerDut>> InnerDut::make(ferryd::Port& port, rte_mempool* pool, const Plan& plan, bool engine,
                                                   MacAddress own_mac, std::optional<unsigned> cpu, bool yields)
{
    std::unique_ptr<Engine> made;
    if (engine) {
        made = std::make_unique<Engine>(plan, port);
        auto tables = Tables::make(limits_for(plan));
        if (!tables)
            return tl::unexpected(tables.error());
        made->tables = std::move(*tables);
        auto attachments = fill(*made->tables, plan, own_mac);
        if (!attachments)
            return tl::unexpected(attachments.error());
        made->attachments = std::move(*attachments);
        WorkerConfig config;
        config.local_vtep.address = plan.vtep;
        config.local_vtep.port = plan.vxlan_port;
        config.pool = pool;
        auto worker = Worker::make(*made->tables, config);
        if (!worker)
            return tl::unexpected(worker.error());
        made->worker = std::move(*worker);
    }
    return std::unique_ptr<InnerDut>(new InnerDut(port, std::move(made), cpu, yields));
}

InnerDut::InnerDut(ferryd::Port& port, std::unique_ptr<Engine> engine, std::optional<unsigned> cpu, bool yields)
    : port_(port), engine_(std::move(engine)), cpu_(cpu), yields_(yields), thread_([this] { run(); })
{
}

InnerDut::~InnerDut()
{
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
}

std::optional<double> InnerDut::take_cycles()
{
    const std::lock_guard guard(mutex_);
    if (cycles_.count() == 0)
        return std::nullopt;
    const auto median = static_cast<double>(cycles_.percentile(50)) / parts;
    cycles_.clear();
    return median;
}

void InnerDut::run()
{
    pin(cpu_);
    const bool registered = rte_thread_register() == 0;
    if (engine_)
        engine_->worker->online();
    std::array<rte_mbuf*, burst> frames;
    while (!stop_.load(std::memory_order_relaxed)) {
        const std::uint64_t begin = rte_rdtsc();
        const std::uint16_t count = port_.receive(0, frames.data(), burst);
        if (count == 0) {
            if (yields_)
                std::this_thread::yield();
            continue;
        }
        turn(frames.data(), count);
        const std::uint64_t cycles = rte_rdtsc() - begin;
        const std::lock_guard guard(mutex_);
        cycles_.add(cycles * parts / count, count);
    }
    if (engine_)
        engine_->worker->offline();
    if (registered)
        rte_thread_unregister();
}

void InnerDut::turn(rte_mbuf** frames, std::uint16_t count)
{
    if (engine_)
        engine_->forward(frames, count, steady_seconds());
    else
        send_all(port_, frames, count);
}

}  // namespace ferry::bench
