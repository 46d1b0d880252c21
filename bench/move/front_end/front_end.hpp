// QEMU's part in vhost-user, for one socket: it listens, negotiates, starts and stops the rings of a device at the back
// end that connects.
#pragma once

#include <filesystem>
#include <string>

#include <ferry/wire/address.hpp>

#include "channel.hpp"
#include "device.hpp"

namespace ferry::front_end {

/// For one thread. Start and stop one device at a time; between a stop here and a start elsewhere nothing of it is
/// kept here. Calls fail with the errors of Channel.
class FrontEnd {
public:
    /// Listens at `path`; back ends connect with connect().
    static Expected<FrontEnd> listen(std::string name, const std::filesystem::path& path);

    const std::string& name() const noexcept { return name_; }
    bool is_connected() const noexcept { return channel_.is_open(); }
    bool is_logging() const noexcept { return logging_; }

    /// Waits for the back end and negotiates features: virtio 1, mergeable buffers, and what migration needs.
    Expected<void> connect();
    /// Closes the connection, as a QEMU does that ends.
    void disconnect() noexcept { channel_ = Channel(Descriptor{}); }

    /// Gives the back end the device's memory and rings, which begin at device.bases, and returns when it has started
    /// them. With logging on, they start with it, as after a cancelled migration.
    Expected<void> start(const Device& device);

    /// Stops the rings and notes in device.bases where they stopped. When this returns, the back end uses nothing of
    /// the device any more.
    Expected<void> stop(Device& device) const;

    /// Switches on or off that the back end notes in device.log which pages it writes: the copying phase of a migration.
    /// The rings run on.
    Expected<void> log(const Device& device, bool on);

    /// Asks the back end for a RARP frame from `mac`, as QEMU does on the new host some time after the start.
    Expected<void> announce(MacAddress mac) const;

private:
    FrontEnd(std::string name, Listener listener) : name_(std::move(name)), listener_(std::move(listener)) {}
    Expected<void> start_ring(const Device& device, std::uint32_t index) const;
    std::uint64_t features() const noexcept;

    std::string name_;
    Listener listener_;
    Channel channel_{Descriptor{}};
    bool logging_ = false;
};

}  // namespace ferry::front_end
