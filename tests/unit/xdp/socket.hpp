// An AF_XDP socket on no interface: enough to stand in an XSKMAP.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "host/descriptor.hpp"

namespace ferryd::test {

/// A socket with memory, fill, completion and receive rings. Throws std::system_error where the kernel has none.
class XdpSocket {
public:
    XdpSocket();
    int descriptor() const noexcept { return socket_.get(); }

private:
    struct Free {
        void operator()(void* memory) const noexcept;
    };
    std::unique_ptr<void, Free> memory_;
    Descriptor socket_;
};

}  // namespace ferryd::test
