// A network namespace of the calling thread's own, with interfaces, and frames sent through them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/descriptor.hpp"

namespace ferryd::test {

/// The calling thread is in it for as long as it lives. Throws std::system_error where that is not allowed.
class Namespace {
public:
    Namespace();
    ~Namespace();
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;

    /// Runs a shell's command here, which must succeed; returns what it printed.
    std::string command(const std::string& line) const;
    /// A veth pair, up, that sends nothing of its own.
    void veth(const std::string& a, const std::string& b) const;

private:
    Descriptor before_;
};

/// Sends and receives whole frames on an interface.
class Wire {
public:
    /// `type`: receives frames of that EtherType that come in, as the kernel's stack does, after all filters.
    explicit Wire(const std::string& interface, std::uint16_t type = 0);
    int index() const noexcept { return index_; }
    void send(std::span<const std::uint8_t> frame) const;
    /// The next one; empty where none comes for ten seconds.
    std::vector<std::uint8_t> receive() const;

private:
    Descriptor socket_;
    int index_;
};

}  // namespace ferryd::test
