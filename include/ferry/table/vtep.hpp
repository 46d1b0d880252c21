// Remote VTEPs and their adjacencies: everything that encapsulation needs for one next hop, ready made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
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
};

/// Outer Ethernet, IPv4, UDP and VXLAN headers with zeros in the fields that differ by frame: total length, IPv4
/// checksum, source port, UDP length and VNI.
struct alignas(64) Adjacency {
    static constexpr std::size_t header_size = 50;

    std::array<std::uint8_t, header_size> header{};
    std::uint16_t header_sum = 0;  ///< ones' complement sum of the IPv4 header as it stands, not inverted
    UnderlayId underlay{};
    std::uint16_t max_inner = 0;   ///< largest inner frame in bytes
    VtepId vtep = VtepId::none;
    Ipv4Address remote;
    AdjacencySpec spec;            ///< for show; not read by the data path

    /// Builds the template. Fails with invalid_argument for a zero or multicast address or MAC, and an MTU without room.
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

    /// Reader: the adjacency of a VTEP that a row or flood list names.
    const Adjacency* at(VtepId id, Epoch epoch) const noexcept;
    /// Reader: which VTEP has this address, none where it is not in the table. For the source of frames.
    VtepId find(Ipv4Address address) const noexcept;

    // The writer's side.
    const Adjacency* newest(VtepId id) const noexcept;
    /// A free id for an address that is not in the table yet.
    Expected<VtepId> allocate(Ipv4Address address);
    void push(Epoch since, Adjacency adjacency);
    void push_deleted(Epoch since, VtepId id);
    void forget_before(Epoch since);
    std::vector<const Adjacency*> all() const;
    std::uint32_t max_vteps() const noexcept;

private:
    Vteps();
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ferry
