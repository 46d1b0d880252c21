// Which frames an AF_XDP port gets, and which the kernel keeps: the program that DPDK's driver has loaded on the port's
// interface (steer.bpf.c), and its map.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <ferry/error.hpp>

#include "xdp/attached_program.hpp"
#include "xdp/vtep_map.hpp"

namespace ferryd {

/// Where an installed ferry has the program.
std::filesystem::path installed_steering_program();

/// Control thread.
class Steering {
public:
    /// Makes room for the program on an interface, before the driver loads it: takes away the one that a ferryd left which
    /// was killed. Fails with not_found where the file `object` cannot be read, in_use where another ferryd's sockets get
    /// frames by the program that is there, already_exists where that is none of ferry's, and as attached_program() does.
    static ferry::Expected<void> prepare(const std::string& interface, const std::filesystem::path& object);
    /// Finds the program that the driver has loaded; so far it leaves everything to the kernel. The driver takes it away
    /// when the port is closed. Fails with not_found where it is not there.
    static ferry::Expected<std::unique_ptr<Steering>> find(const std::string& interface);

    VtepMap vteps() const noexcept { return VtepMap{program_.map("vteps")}; }
    XdpMode mode() const noexcept { return program_.mode; }
    std::uint32_t program_id() const noexcept { return program_.id; }

private:
    explicit Steering(AttachedProgram program) : program_(std::move(program)) {}

    AttachedProgram program_;
};

}  // namespace ferryd
