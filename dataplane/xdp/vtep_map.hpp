// The map of steer.bpf.c that says where VXLAN goes that is this host's.
#pragma once

#include <cstdint>
#include <optional>

#include <ferry/error.hpp>
#include <ferry/wire/address.hpp>

#include "xdp/vtep_key.h"

namespace ferryd {

/// UDP to this address and this port, in host order.
vtep_key vtep_key_of(ferry::Ipv4Address address, std::uint16_t port) noexcept;
vtep_key vtep_key_of(const ferry::Ipv6Address& address, std::uint16_t port) noexcept;

/// Changes take effect at once, while the program runs. Any thread.
class VtepMap {
public:
    /// The descriptor stays its owner's.
    explicit VtepMap(int descriptor) noexcept : descriptor_(descriptor) {}

    /// Frames for it go to the port from now on. Fails with table_full where 256 are there, unavailable where the kernel
    /// refuses.
    ferry::Expected<void> add(const vtep_key& key) const;
    /// Frames for it go to the kernel from now on. Fails with not_found where they did so.
    ferry::Expected<void> remove(const vtep_key& key) const;
    /// One of those that are in it.
    std::optional<vtep_key> any() const noexcept;

private:
    int descriptor_;
};

}  // namespace ferryd
