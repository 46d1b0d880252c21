// The descriptor by which a guest tells that it has put frames into one ring of a vhost-user port.
#pragma once

#include <atomic>

#include "host/descriptor.hpp"

namespace ferryd {

/// DPDK's vhost thread takes and loses it, the worker that owns the ring waits for it. The other side of the socket
/// chose the descriptor and still has it, so that nothing here may block or end by what that side does with it.
class Kick {
public:
    // DPDK's vhost thread, which never waits for a worker here: it may hold the ring's lock.

    /// Makes a duplicate of `fd` the descriptor. Stays unknown where `fd` is no eventfd, and where it is another one
    /// than was taken since close(), which a worker may still use.
    void take(int fd) noexcept;
    void lose() noexcept { known_.store(-1, std::memory_order_release); }
    /// No worker uses it any more.
    void close() noexcept;

    // The worker.

    /// Readable from a kick on until drain(); negative while it is unknown.
    int descriptor() const noexcept { return known_.load(std::memory_order_acquire); }
    /// Forgets the kicks so far.
    void drain() const noexcept;

private:
    Descriptor own_;
    std::atomic<int> known_{-1};
};

}  // namespace ferryd
