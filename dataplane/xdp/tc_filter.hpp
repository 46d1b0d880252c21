// ferry's filter on an interface (tc, clsact): a BPF program that sees its frames beside the host's own filters.
#pragma once

#include <cstdint>

#include <ferry/error.hpp>

namespace ferryd {

/// Which of the interface's frames.
enum class TcSide : std::uint8_t {
    received,  ///< those that the kernel gets from it: from a veth's other end, or from whoever holds a tap's descriptor
    sent,      ///< those that the kernel gives to it
};

/// A filter that this process has attached.
struct TcFilter {
    int interface = 0;           ///< its index, in the network namespace of the thread that attached it
    TcSide side = TcSide::received;
    std::uint32_t program = 0;   ///< as the kernel numbers it
    bool owns_hook = false;      ///< the interface had no clsact, but for a ferryd's that was killed
};

/// Attaches the program, in the place of one called `name` that a ferryd left which was killed. Fails with
/// already_exists where a program of another name has ferry's place (priority 1, handle 0xfe77), unavailable where the
/// kernel refuses. Control thread.
ferry::Expected<TcFilter> attach_filter(int interface, TcSide side, int program, const char* name);

/// Takes it away, and the hook with it where ferry made that and nobody else has a filter there. Leaves what has come
/// in its place; does nothing where the interface has gone. Fails with unavailable.
ferry::Expected<void> detach_filter(const TcFilter& filter);

}  // namespace ferryd
