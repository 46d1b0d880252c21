#include "ports/vhost_callbacks.hpp"

#include <array>
#include <atomic>
#include <climits>
#include <map>
#include <mutex>

#include <fmt/format.h>
#include <rte_vhost.h>
#include <spdlog/spdlog.h>

#include "ports/vhost_port.hpp"

namespace ferryd {
namespace {

std::mutex ports_by_path_mutex;
std::map<std::string, VhostPort*>& ports_by_path()
{
    static std::map<std::string, VhostPort*> ports;
    return ports;
}
std::array<std::atomic<VhostPort*>, RTE_MAX_VHOST_DEVICE> ports_by_device{};

VhostPort* port_of(int device)
{
    if (device < 0 || static_cast<std::size_t>(device) >= ports_by_device.size())
        return nullptr;
    return ports_by_device[static_cast<std::size_t>(device)].load(std::memory_order_acquire);
}

int new_connection(int device)
{
    char path[PATH_MAX] = {};
    if (device < 0 || static_cast<std::size_t>(device) >= ports_by_device.size() || rte_vhost_get_ifname(device, path, sizeof(path)) != 0)
        return -1;
    const std::lock_guard lock(ports_by_path_mutex);
    const auto found = ports_by_path().find(path);
    if (found == ports_by_path().end())
        return -1;
    ports_by_device[static_cast<std::size_t>(device)].store(found->second, std::memory_order_release);
    found->second->connected(device);
    return 0;
}

void destroy_connection(int device)
{
    if (VhostPort* port = port_of(device)) {
        ports_by_device[static_cast<std::size_t>(device)].store(nullptr, std::memory_order_release);
        port->disconnected();
    }
}

int new_device(int device)
{
    VhostPort* port = port_of(device);
    if (port == nullptr)
        return -1;
    port->ring_started(device);
    return 0;
}

void destroy_device(int device)
{
    if (VhostPort* port = port_of(device))
        port->ring_stopped();
}

int vring_state_changed(int device, std::uint16_t ring, int enable)
{
    if (VhostPort* port = port_of(device))
        port->ring_enabled(ring, enable != 0);
    return 0;
}

int features_changed(int device, std::uint64_t features)
{
    if (VhostPort* port = port_of(device))
        port->features_changed(features);
    return 0;
}

const rte_vhost_device_ops operations = [] {
    rte_vhost_device_ops ops{};
    ops.new_device = new_device;
    ops.destroy_device = destroy_device;
    ops.vring_state_changed = vring_state_changed;
    ops.features_changed = features_changed;
    ops.new_connection = new_connection;
    ops.destroy_connection = destroy_connection;
    return ops;
}();

}  // namespace

ferry::Expected<void> attach_vhost_callbacks(const std::string& path, VhostPort& port)
{
    {
        const std::lock_guard lock(ports_by_path_mutex);
        if (!ports_by_path().emplace(path, &port).second)
            return ferry::fail(ferry::ErrorCode::already_exists, fmt::format("another port has the socket {}", path));
    }
    if (rte_vhost_driver_callback_register(path.c_str(), &operations) != 0) {
        detach_vhost_callbacks(path);
        return ferry::fail(ferry::ErrorCode::internal, fmt::format("DPDK takes no callbacks for {}", path));
    }
    return {};
}

bool has_vhost_callbacks(const std::string& path)
{
    const std::lock_guard lock(ports_by_path_mutex);
    return ports_by_path().contains(path);
}

void detach_vhost_callbacks(const std::string& path)
{
    const std::lock_guard lock(ports_by_path_mutex);
    ports_by_path().erase(path);
}

}  // namespace ferryd
