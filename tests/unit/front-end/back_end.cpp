#include "back_end.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>

#include <rte_vhost.h>

#include "eal.hpp"
#include "must.hpp"

namespace ferry::front_end::test {
namespace {

using ferry::test::must;

constexpr std::uint16_t receive_ring = 0, transmit_ring = 1;

std::mutex mutex;
std::map<std::string, BackEnd*> by_path;

BackEnd* back_end_of(int device)
{
    char path[256] = {};
    rte_vhost_get_ifname(device, path, sizeof(path));
    const std::lock_guard lock(mutex);
    const auto found = by_path.find(path);
    return found == by_path.end() ? nullptr : found->second;
}

int new_device(int device)
{
    if (auto* back_end = back_end_of(device))
        back_end->started(device);
    return 0;
}

void destroy_device(int device)
{
    if (auto* back_end = back_end_of(device))
        back_end->stopped();
}

int features_changed(int device, std::uint64_t features)
{
    if (auto* back_end = back_end_of(device))
        back_end->features_changed(features);
    return 0;
}

const rte_vhost_device_ops operations = [] {
    rte_vhost_device_ops ops{};
    ops.new_device = new_device;
    ops.destroy_device = destroy_device;
    ops.features_changed = features_changed;
    return ops;
}();

rte_mempool* pool()
{
    static rte_mempool* made = ferry::test::make_pool("front-end", 4095);
    return made;
}

std::filesystem::path new_folder()
{
    char name[] = "/tmp/ferry-front-end-XXXXXX";
    return mkdtemp(name);
}

}  // namespace

std::vector<std::byte> Frame::bytes() const
{
    std::vector<std::byte> bytes(length);
    for (std::size_t i = 0; i < length; ++i)
        bytes[i] = static_cast<std::byte>(number + i);
    std::memcpy(bytes.data(), &number, sizeof(number));
    return bytes;
}

std::optional<Frame> Frame::read(std::span<const std::byte> bytes)
{
    Frame frame{0, bytes.size()};
    if (bytes.size() < sizeof(frame.number))
        return std::nullopt;
    std::memcpy(&frame.number, bytes.data(), sizeof(frame.number));
    return std::ranges::equal(frame.bytes(), bytes) ? std::optional(frame) : std::nullopt;
}

BackEnd::BackEnd(std::string path) : path_(std::move(path))
{
    ferry::test::start_eal();
    {
        const std::lock_guard lock(mutex);
        by_path[path_] = this;
    }
    if (rte_vhost_driver_register(path_.c_str(), RTE_VHOST_USER_CLIENT | RTE_VHOST_USER_NET_COMPLIANT_OL_FLAGS) != 0 ||
        rte_vhost_driver_callback_register(path_.c_str(), &operations) != 0 || rte_vhost_driver_start(path_.c_str()) != 0)
        throw std::runtime_error("no back end");
}

BackEnd::~BackEnd()
{
    rte_vhost_driver_unregister(path_.c_str());
    const std::lock_guard lock(mutex);
    by_path.erase(path_);
}

void BackEnd::started(int device)
{
    rte_vhost_enable_guest_notification(device, receive_ring, 0);
    rte_vhost_enable_guest_notification(device, transmit_ring, 0);
    device_.store(device);
    ++starts_;
}

void BackEnd::stopped()
{
    device_.store(-1);
    ++stops_;
}

std::size_t BackEnd::enqueue(std::uint64_t first, std::size_t count, std::size_t length)
{
    for (std::size_t done = 0; done < count; ++done)
        if (!enqueue_bytes(Frame{first + done, length}.bytes()))
            return done;
    return count;
}

bool BackEnd::enqueue_bytes(std::span<const std::byte> bytes)
{
    rte_mbuf* frame = rte_pktmbuf_alloc(pool());
    std::memcpy(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())), bytes.data(), bytes.size());
    const auto taken = rte_vhost_enqueue_burst(device_.load(), receive_ring, &frame, 1);
    rte_pktmbuf_free(frame);
    return taken == 1;
}

std::size_t BackEnd::dequeue(std::vector<std::uint64_t>& numbers, std::size_t most)
{
    for (std::size_t done = 0; done < most; ++done) {
        const auto bytes = dequeue_bytes();
        if (bytes.empty())
            return done;
        const auto frame = Frame::read(bytes);
        if (!frame)
            throw std::runtime_error("a frame that was not sent");
        numbers.push_back(frame->number);
    }
    return most;
}

std::vector<std::byte> BackEnd::dequeue_bytes()
{
    // DPDK's thread keeps the ring locked for a moment after it has answered a message. This waits, the burst would not.
    rte_vhost_rx_queue_count(device_.load(), transmit_ring);
    rte_mbuf* frame = nullptr;
    if (rte_vhost_dequeue_burst(device_.load(), transmit_ring, pool(), &frame, 1) == 0)
        return {};
    std::vector<std::byte> bytes(rte_pktmbuf_pkt_len(frame));
    const void* read = rte_pktmbuf_read(frame, 0, rte_pktmbuf_pkt_len(frame), bytes.data());
    if (read != bytes.data())
        std::memcpy(bytes.data(), read, bytes.size());
    rte_pktmbuf_free(frame);
    return bytes;
}

void BackEnd::ask_for_kicks(bool wanted)
{
    rte_vhost_enable_guest_notification(device_.load(), transmit_ring, wanted);
}

TwoHosts::TwoHosts(const DeviceOptions& options)
    : folder(new_folder()),
      device(must(Device::make(options))),
      s(must(FrontEnd::listen("S", folder / "s.sock"))),
      d(must(FrontEnd::listen("D", folder / "d.sock"))),
      on_s(folder / "s.sock"),
      on_d(folder / "d.sock")
{
    for (auto* host : {&s, &d})
        if (auto connected = host->connect(); !connected)
            throw std::runtime_error(connected.error().sentence);
}

TwoHosts::~TwoHosts()
{
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

std::vector<std::uint64_t> TwoHosts::received(unsigned most)
{
    std::vector<std::uint64_t> numbers;
    device.receive.poll(most, [&](std::span<const std::byte> bytes) {
        const auto frame = Frame::read(bytes);
        if (!frame)
            throw std::runtime_error("a frame that was not given");
        numbers.push_back(frame->number);
    });
    return numbers;
}

std::size_t TwoHosts::send(std::uint64_t first, std::size_t count, std::size_t length)
{
    std::size_t done = 0;
    for (; done < count; ++done) {
        const auto room = device.transmit.room();
        if (room.empty())
            break;
        const auto bytes = Frame{first + done, length}.bytes();
        std::memcpy(room.data(), bytes.data(), bytes.size());
        device.transmit.send(bytes.size());
    }
    device.transmit.publish();
    return done;
}

}  // namespace ferry::front_end::test
