#include "ports/tap_port.hpp"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

namespace ferryd {

using ferry::ErrorCode;

namespace {

constexpr std::uint64_t looks_per_second = 20'000;  ///< at a queue that was empty
constexpr std::size_t most_buffers = 32;            ///< of a frame

ifreq request_for(const std::string& interface)
{
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

/// Whether the interface is a tap that is on and has a carrier, which it has while a process has it open. The kernel
/// would let this one share its frames.
bool is_open_tap(const std::string& interface)
{
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto ask = [&](void* question) {
        ifreq request = request_for(interface);
        request.ifr_data = static_cast<char*>(question);
        return socket && ioctl(socket.get(), SIOCETHTOOL, &request) == 0;
    };
    ethtool_drvinfo driver{};
    driver.cmd = ETHTOOL_GDRVINFO;
    ethtool_value link{ETHTOOL_GLINK, 0};
    return ask(&driver) && std::string_view(driver.driver) == "tun" && ask(&link) && link.data != 0;
}

tl::unexpected<ferry::Error> refusal(const std::string& interface)
{
    if (errno == EINVAL)
        return ferry::fail(ErrorCode::already_exists,
                           fmt::format("the interface {0} is there already and is no tap of several queues; choose "
                                       "another name, or make it by ip tuntap add {0} mode tap multi_queue", interface));
    return ferry::fail(ErrorCode::unavailable,
                       fmt::format("the interface {} cannot be made: {}; it takes /dev/net/tun and CAP_NET_ADMIN",
                                   interface, std::strerror(errno)));
}

}  // namespace

ferry::Expected<std::unique_ptr<TapPort>> TapPort::open(const TapOptions& options)
{
    auto port = std::unique_ptr<TapPort>(new TapPort(options));
    if (is_open_tap(options.interface))
        return ferry::fail(ErrorCode::in_use,
                           fmt::format("the interface {} is the tap of another process, perhaps another ferryd's",
                                       options.interface));
    for (std::uint16_t queue = 0; queue < options.queues; ++queue) {
        auto& made = *port->queues_.emplace_back(std::make_unique<Queue>());
        made.file = Descriptor(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
        ifreq request = request_for(options.interface);
        request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
        if (!made.file || ioctl(made.file.get(), TUNSETIFF, &request) != 0 ||
            ioctl(made.file.get(), TUNSETOFFLOAD, 0UL) != 0)
            return refusal(options.interface);
    }
    if (auto done = port->set_up(options); !done)
        return tl::unexpected(done.error());
    return port;
}

ferry::Expected<void> TapPort::set_up(const TapOptions& options)
{
    const auto failed = [&](const char* what) {
        return ferry::fail(ErrorCode::unavailable,
                           fmt::format("the interface {}: {} failed: {}", interface_, what, std::strerror(errno)));
    };
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket)
        return failed("opening a socket");
    ifreq request = request_for(interface_);
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    std::copy(options.mac.bytes.begin(), options.mac.bytes.end(), request.ifr_hwaddr.sa_data);
    if (ioctl(socket.get(), SIOCSIFHWADDR, &request) != 0)
        return failed("setting its MAC address");
    request = request_for(interface_);
    request.ifr_mtu = options.mtu;
    if (ioctl(socket.get(), SIOCSIFMTU, &request) != 0)
        return failed("setting its MTU");
    request = request_for(interface_);
    if (ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0)
        return failed("asking for its state");
    request.ifr_flags |= IFF_UP;
    if (ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
        return failed("switching it on");
    return {};
}

TapPort::~TapPort()
{
    close();
}

void TapPort::close()
{
    for (const auto& queue : queues_)
        rte_pktmbuf_free(queue->spare);
    queues_.clear();
}

std::uint16_t TapPort::receive(std::uint16_t number, rte_mbuf** frames, std::uint16_t room) noexcept
{
    Queue& queue = *queues_[number];
    const std::uint64_t now = rte_rdtsc();
    if (now < queue.next_look_tsc)
        return 0;
    std::uint16_t count = 0;
    std::uint64_t bytes = 0;
    while (count < room) {
        if (queue.spare == nullptr && (queue.spare = rte_pktmbuf_alloc(pool_)) == nullptr)
            break;
        rte_mbuf& frame = *queue.spare;
        const ssize_t length = read(queue.file.get(), rte_pktmbuf_mtod(&frame, void*), rte_pktmbuf_tailroom(&frame));
        if (length <= 0) {
            queue.gone = length < 0 && errno == EBADFD;
            break;
        }
        frame.data_len = static_cast<std::uint16_t>(length);
        frame.pkt_len = static_cast<std::uint32_t>(length);
        bytes += frame.pkt_len;
        frames[count++] = &frame;
        queue.spare = nullptr;
    }
    queue.next_look_tsc = count == room ? 0 : now + rte_get_tsc_hz() / looks_per_second;
    queue.in_frames.add(count);
    queue.in_bytes.add(bytes);
    return count;
}

Transmitted TapPort::transmit(std::uint16_t number, rte_mbuf** frames, std::uint16_t count) noexcept
{
    Queue& queue = *queues_[number];
    for (std::uint16_t i = 0; i < count; ++i) {
        std::array<iovec, most_buffers> parts;
        std::size_t used = 0;
        const std::uint32_t length = frames[i]->pkt_len;
        for (rte_mbuf* buffer = frames[i]; buffer != nullptr && used < parts.size(); buffer = buffer->next)
            parts[used++] = {rte_pktmbuf_mtod(buffer, void*), buffer->data_len};
        if (frames[i]->nb_segs > parts.size() || writev(queue.file.get(), parts.data(), static_cast<int>(used)) < 0) {
            queue.refused.add(1);
            return {i, ferry::DropReason::transmit_failed, 1};
        }
        rte_pktmbuf_free(frames[i]);
        queue.out_frames.add(1);
        queue.out_bytes.add(length);
    }
    return {count, {}};
}

/// A tap's file is readable for as long as the queue has frames, and for ever when the interface was deleted.
std::optional<int> TapPort::arm(std::uint16_t number) noexcept
{
    Queue& queue = *queues_[number];
    queue.next_look_tsc = 0;
    return queue.gone ? std::nullopt : std::optional(queue.file.get());
}

std::string TapPort::state() const
{
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request = request_for(interface_);
    return socket && ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) ? "up" : "down";
}

TapTraffic TapPort::traffic() const noexcept
{
    TapTraffic sum;
    for (const auto& queue : queues_) {
        sum.in_frames += queue->in_frames.get();
        sum.in_bytes += queue->in_bytes.get();
        sum.out_frames += queue->out_frames.get();
        sum.out_bytes += queue->out_bytes.get();
        sum.refused += queue->refused.get();
    }
    return sum;
}

}  // namespace ferryd
