// Local VTEPs: the addresses and UDP ports at which VXLAN arrives for this host, besides each worker's own.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/wire/address.hpp>

namespace ferry {

/// Where a host takes VXLAN: RFC 7348, section 5, has 4789; Linux took 8472 before there was a number.
struct LocalVtep {
    Ipv4Address address;
    std::uint16_t port = 4789;
    friend bool operator==(const LocalVtep&, const LocalVtep&) = default;
};

/// The local VTEPs that come and go while workers run: one atomic word each. One writer, many readers that never wait. A
/// change is seen by each worker from one of its next frames on, and needs no transaction: no row names a local VTEP.
class LocalVteps {
public:
    static constexpr std::size_t most = 16;

    /// Reader: takes this address VXLAN, at any port?
    bool has(Ipv4Address address) const noexcept
    {
        return any([=](std::uint64_t word) { return word != 0 && word >> 16 == address.host(); });
    }
    /// Reader.
    bool has(const LocalVtep& vtep) const noexcept
    {
        return any([wanted = word_of(vtep)](std::uint64_t word) { return word != 0 && word == wanted; });
    }

    /// Writer. Fails with invalid_argument (an address that is zero or multicast, port 0), already_exists, table_full.
    Expected<void> add(const LocalVtep& vtep);
    /// Writer. Fails with not_found.
    Expected<void> remove(const LocalVtep& vtep);
    /// Writer: all of them, in the order of their places. May throw std::bad_alloc: the list is the caller's.
    std::vector<LocalVtep> all() const;

private:
    static std::uint64_t word_of(const LocalVtep& vtep) noexcept
    {
        return std::uint64_t{vtep.address.host()} << 16 | vtep.port;
    }
    template <typename Is>
    bool any(Is is) const noexcept
    {
        for (const std::atomic<std::uint64_t>& word : words_)
            if (is(word.load(std::memory_order_relaxed)))
                return true;
        return false;
    }
    std::atomic<std::uint64_t>* place_of(std::uint64_t word) noexcept;

    std::array<std::atomic<std::uint64_t>, most> words_{};  ///< 0: free
};

/// Fails with invalid_argument where VXLAN cannot arrive there: an address that is zero or multicast, port 0.
Expected<void> check_local_vtep(const LocalVtep& vtep);

}  // namespace ferry
