// A network interface of the kernel's, which stands for a guest's operating system.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <ferry/error.hpp>

#include "host/descriptor.hpp"

namespace ferry::bench {

/// The kernel checksums and segments what it sends here, and checks what it gets. For one thread.
class Tap {
public:
    /// Makes the interface, in the calling thread's network namespace; it goes with the tap. Fails with unavailable.
    static Expected<Tap> make(const std::string& interface);

    /// Gives the kernel a frame, which it drops while the interface is down.
    void give(std::span<const std::byte> frame) const noexcept;
    /// Puts the next frame that the kernel sends into `room` and returns its length; 0 where there is none.
    std::size_t take(std::span<std::byte> room) const noexcept;

private:
    explicit Tap(ferryd::Descriptor file) : file_(std::move(file)) {}
    ferryd::Descriptor file_;
};

}  // namespace ferry::bench
