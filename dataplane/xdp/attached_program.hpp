// An XDP program on an interface, and its maps, as the kernel numbers them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ferry/error.hpp>

#include "host/descriptor.hpp"

namespace ferryd {

/// How a program hangs on an interface.
enum class XdpMode { native, generic, offload };

/// Returns "native", "generic" or "offload".
const char* to_string(XdpMode mode) noexcept;

struct AttachedProgram {
    std::uint32_t id = 0;
    XdpMode mode = XdpMode::native;
    std::string name;       ///< its function's name, cut to 15 characters
    Descriptor descriptor;  ///< of the program
    std::vector<std::pair<std::string, Descriptor>> maps;  ///< by name

    /// The map's descriptor, or -1 where the program has none of that name.
    int map(const std::string& map_name) const noexcept;
    /// steer.bpf.c, by the names of the program and its maps.
    bool is_ferrys() const noexcept;
};

/// The program on the interface with this index, in the calling thread's network namespace; nothing where there is none.
/// Fails with unavailable: the kernel does not tell, which needs CAP_SYS_ADMIN.
ferry::Expected<std::optional<AttachedProgram>> attached_program(int interface);

/// Takes this program, and no other that may have come in its place, from the interface. Fails with unavailable.
ferry::Expected<void> detach(int interface, const AttachedProgram& program);

}  // namespace ferryd
