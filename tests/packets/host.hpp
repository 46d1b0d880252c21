// A host of one worker: tables, a worker, and a sink that writes down what it gets.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <ferry/control/transaction.hpp>
#include <ferry/engine/worker.hpp>

#include "../support/must.hpp"
#include "bytes.hpp"
#include "mbufs.hpp"

namespace ferry::test {

/// A frame that came out, and where.
struct Out {
    std::string where;  ///< "attachment N", "gate N", "underlay N" or "host"
    Bytes frame;
    Arrival arrival{};  ///< where it came out at a gate

    friend bool operator==(const Out&, const Out&) = default;
};
std::ostream& operator<<(std::ostream& stream, const Out& out);

Out to(AttachmentId attachment, Bytes frame);
Out to(UnderlayId underlay, Bytes frame);
Out to_gate(AttachmentId attachment, Bytes frame, const Arrival& arrival);
Out to_host(Bytes frame);

MacAddress mac(const Mac& bytes);
Ipv4Address ip(const Ip4& bytes);
Vni vni(std::uint32_t value);

/// Frames that the sink got, in order, one call after another.
class Recorder : public Sink {
public:
    void to_attachment(AttachmentId attachment, rte_mbuf** frames, std::uint16_t count) override;
    void to_gate(AttachmentId attachment, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count) override;
    void to_underlay(UnderlayId underlay, rte_mbuf** frames, std::uint16_t count) override;
    std::uint16_t offer_to_underlay(UnderlayId underlay, rte_mbuf** frames, std::uint16_t count) override;
    void pass(rte_mbuf** frames, std::uint16_t count) override;

    std::vector<Out> taken;
    std::vector<VtepId> peers;  ///< of `taken`, as the mbufs say; none for the host's
    std::size_t calls = 0;
    std::size_t largest_call = 0;
    std::uint16_t room = 0xffff;  ///< for what is offered
    std::function<void(rte_mbuf**, std::uint16_t)> keep;  ///< where set, it takes the frames instead of freeing them

private:
    void take(const std::string& where, rte_mbuf** frames, std::uint16_t count, const Arrival* arrivals = nullptr);
};

/// Its own VTEP address is `address`. Everything that it got is back in the pool when it is destroyed, which it checks.
class Host {
public:
    static constexpr Ip4 address{172, 16, 0, 1};
    static constexpr Mac port_mac{0x02, 0, 0, 0, 0x16, 0x01};

    explicit Host(const std::function<void(WorkerConfig&)>& adjust = {});
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// One transaction.
    void change(const std::function<void(Transaction&)>& changes);

    // A transaction each.
    SegmentIndex add_segment(std::uint32_t vni, bool learning = false);
    VtepId add_vtep(const Ip4& address, const Mac& next_hop, const std::function<void(AdjacencySpec&)>& adjust = {});
    AttachmentId add_attachment(std::uint32_t vni, std::vector<MacAddress> macs);
    void set_row(std::uint32_t vni, const Mac& endpoint, Row row);
    void set_flood(std::uint32_t vni, const std::vector<Ip4>& remotes);

    /// A burst from an attachment, or from the underlay. Returns what came out, in the order in which the sink got it.
    std::vector<Out> send(AttachmentId from, const std::vector<Bytes>& frames);
    std::vector<Out> receive(const std::vector<Bytes>& frames);
    std::vector<Out> send_mbufs(AttachmentId from, std::vector<rte_mbuf*> frames);
    std::vector<Out> receive_mbufs(std::vector<rte_mbuf*> frames);

    /// The worker's drops since the last call: "reason" or "reason*N" for each, with blanks between them.
    std::string drops();

    std::vector<LearnEvent> learned();

    Tables& tables() { return *tables_; }
    Worker& worker() { return *worker_; }
    const WorkerCounters& counters() { return worker_->counters(); }
    Recorder& recorder() { return recorder_; }
    std::uint32_t now = 1000;

private:
    std::vector<Out> taken();

    std::unique_ptr<Tables> tables_;
    std::unique_ptr<Worker> worker_;
    Recorder recorder_;
    std::array<std::uint64_t, drop_reason_count> seen_drops_{};
};

/// What outer headers a Host puts around an inner frame for a VTEP; the source port is not one to expect.
Vxlan outer_to(const Ip4& vtep, const Mac& next_hop, std::uint32_t vni);
/// What a VTEP sends to a Host.
Vxlan outer_from(const Ip4& vtep, std::uint32_t vni);

}  // namespace ferry::test
