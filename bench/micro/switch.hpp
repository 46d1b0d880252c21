// The tables of most benchmarks: one segment, 1,024 endpoints here and as many elsewhere.
#pragma once

#include <memory>
#include <vector>

#include "host.hpp"

namespace ferry::bench {

inline constexpr std::size_t endpoints = 1024;
inline constexpr std::size_t remote_vteps = 64;
inline constexpr std::size_t inner_size = 60;  ///< 64 bytes on a wire, with the FCS

/// Tables of one segment (VNI 100): `endpoints` endpoints behind `remote_vteps` VTEPs, as many behind `local`
/// attachments, and a worker over them. Every attachment may use any source where the segment learns, else only its
/// endpoints' own.
class Switch {
public:
    Switch(bool learning, std::size_t local);

    static MacAddress remote_mac(std::size_t endpoint) noexcept;
    static MacAddress local_mac(std::size_t endpoint) noexcept;
    static Ipv4Address vtep_of(std::size_t endpoint) noexcept { return vtep_address(endpoint % remote_vteps); }

    std::unique_ptr<Tables> tables;
    std::unique_ptr<Worker> worker;
    std::vector<AttachmentId> attachments;
};

}  // namespace ferry::bench
