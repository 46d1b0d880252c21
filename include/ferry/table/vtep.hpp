// Remote VTEPs and their adjacencies: everything that encapsulation needs for one next hop, ready made.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/snapshot.hpp>

namespace ferry {

/// Which underlay port a frame leaves by; numbers are given by the switch that links the library.
enum class UnderlayId : std::uint16_t {};

/// What an adjacency is made of. All of it is the operator's or the kernel's knowledge.
struct AdjacencySpec {
    UnderlayId underlay{};        ///< egress port
    MacAddress next_hop;          ///< destination MAC of the outer frame
    MacAddress source_mac;        ///< the underlay port's own MAC
    Ipv4Address source;           ///< this host's VTEP address
    std::uint16_t port = 4789;    ///< UDP destination port (RFC 7348 §5)
    std::uint8_t ttl = 64;
    std::uint8_t dscp = 0;        ///< upper six bits of the outer TOS; ECN follows the inner frame (RFC 6040)
    std::uint16_t mtu = 1600;     ///< largest outer IP packet in bytes; what is larger is dropped and counted

    friend bool operator==(const AdjacencySpec&, const AdjacencySpec&) noexcept = default;
};

/// Outer Ethernet, IPv4, UDP and VXLAN headers with zeros in the fields that differ by frame: total length, IPv4
/// checksum, source port, UDP length and VNI.
struct Adjacency {
    static constexpr std::size_t header_size = 50;

    std::array<std::uint8_t, header_size> header{};
    std::uint16_t header_sum = 0;  ///< ones' complement sum of the IPv4 header, not inverted
    UnderlayId underlay{};
    std::uint16_t max_inner = 0;   ///< largest inner frame in bytes; what follows is not read for an ordinary frame
    VtepId vtep = VtepId::none;
    Ipv4Address remote;
    AdjacencySpec spec;

    /// Builds the template. Fails with invalid_argument for an address or MAC that is zero, multicast or broadcast, a
    /// remote that is the source, a port or TTL of 0, a DSCP over 63, and an MTU without room for the smallest Ethernet
    /// frame.
    static Expected<Adjacency> make(VtepId id, Ipv4Address remote, const AdjacencySpec& spec);
};

/// Remote VTEPs by address and by id. One writer, many readers that never wait. Changing an adjacency moves all rows
/// that name it, in one store.
class Vteps {
public:
    /// Room for `max_vteps`. Fails with invalid_argument or no_memory.
    static Expected<std::unique_ptr<Vteps>> make(std::uint32_t max_vteps);
    ~Vteps();
    Vteps(const Vteps&) = delete;
    Vteps& operator=(const Vteps&) = delete;

    /// What at() needs, to be copied before a burst: none of it changes.
    class View {
    public:
        /// Reader: the adjacency of a VTEP that a row or flood list names, as of `epoch`; where the VTEP is younger than
        /// that, its first one. Null where it has been removed, or never was.
        const Adjacency* at(VtepId id, Epoch epoch) const noexcept
        {
            return index_of(id) <= max_ ? cells_[index_of(id)].read_referenced(epoch) : nullptr;
        }
        /// Reader: asks for the cache lines that at() will want.
        void prefetch(VtepId id) const noexcept
        {
            if (index_of(id) <= max_)
                cells_[index_of(id)].prefetch();
        }

    private:
        friend class Vteps;
        const VersionedCell<Adjacency>* cells_ = nullptr;  ///< by id
        std::uint32_t max_ = 0;                            ///< the last of them
    };
    View view() const noexcept { return view_; }
    const Adjacency* at(VtepId id, Epoch epoch) const noexcept { return view_.at(id, epoch); }
    /// Reader: about how many VTEPs there are.
    std::uint32_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    /// Reader: which VTEP has this address, none where it is not in the table. For the source of frames: around a
    /// commit that adds or removes the VTEP the answer may be ahead of the reader's epoch.
    VtepId find(Ipv4Address address) const noexcept;
    /// Reader: rises whenever find() may answer otherwise than before.
    std::uint64_t address_changes() const noexcept { return address_changes_.load(std::memory_order_acquire); }

    // The writer's side. Transactions (control/) are the way to call it.

    const Adjacency* newest(VtepId id) const noexcept;
    /// The id that belongs to the address: of its VTEP, reserved by allocate(), or of a deleted one that is not
    /// forgotten.
    VtepId id_of(Ipv4Address address) const noexcept;
    /// Reserves an id, until push() or release(). An address whose deleted VTEP is not forgotten yet gets the same one.
    /// Fails with already_exists, table_full, no_memory.
    Expected<VtepId> allocate(Ipv4Address address);
    void release(VtepId id) noexcept;

    /// A change that waits to be pushed; all that can fail is in making it. `id` must be allocated, and that of
    /// `adjacency`; no adjacency: deleted. Fails with no_memory.
    static Expected<PreparedVersion<Adjacency>> prepare(Epoch since, VtepId id,
                                                        const std::optional<Adjacency>& adjacency);
    void push(PreparedVersion<Adjacency> prepared) noexcept;
    /// prepare() and push() in one.
    Expected<void> push(Epoch since, const Adjacency& adjacency);
    Expected<void> push_deleted(Epoch since, VtepId id);

    /// After a grace period since the commit of `since`: frees versions and ids that nobody can see any more.
    void forget_before(Epoch since) noexcept;
    /// All adjacencies in their newest version, by id. May throw std::bad_alloc: the list is the caller's.
    std::vector<const Adjacency*> all() const;
    std::uint32_t max_vteps() const noexcept;

private:
    Vteps();
    struct State;
    std::unique_ptr<State> state_;
    View view_;  ///< of state_
    std::atomic<std::uint64_t> address_changes_{1};
    std::atomic<std::uint32_t> size_{0};
};

}  // namespace ferry
