// A host with a bit of everything, and frames of every kind for it, well-formed or spoiled. For the tests that take
// many.
//
//   web …:01, db …:02  in VNI 100 ─┐            ┌─ 172.16.0.2 (underlay 0): far …:03
//   open, any source   in VNI 100 ─┼─ Host ─────┼─ 172.16.0.3 (underlay 1): farther …:04
//   other …:01         in VNI 200 ─┘            └─ 172.16.0.4 (underlay 0, MTU 200): narrow …:05
#pragma once

#include <random>

#include "host.hpp"

namespace ferry::test {

using Random = std::mt19937;

struct Mixture : Host {
    Mixture();
    /// Puts it in the middle of moves: web is gated and two labels lead there, db has gone to 172.16.0.3 under a label
    /// (its attachment stays), far is relayed under its own VNI, farther turns by way of 172.16.0.2, and narrow by the
    /// gate of db.
    void begin_moves();

    AttachmentId web{}, db{}, open{}, other{};

    VtepId near{}, second{}, narrow{};

    std::vector<AttachmentId> guests() const { return {web, db, open, other}; }
};

/// A frame that some guest might send. `mark` shows in its last bytes.
Bytes random_inner(Random& random, std::uint32_t mark);

/// A frame that might come by the underlay: mostly VXLAN, mostly right.
Bytes random_outer(Random& random, std::uint32_t mark);

/// The same for a host in the middle of moves: often under labels, marked, with a TTL that is nearly used up.
Bytes random_moving_outer(Random& random, std::uint32_t mark);

/// Flips, overwrites, cuts or lengthens.
Bytes mutate(Random& random, Bytes frame);

/// A number below `bound`.
std::size_t below(Random& random, std::size_t bound);

}  // namespace ferry::test
