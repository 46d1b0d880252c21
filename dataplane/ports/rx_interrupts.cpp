#include "ports/rx_interrupts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <rte_ethdev.h>

namespace ferryd {

RxDescriptor rx_descriptor(int fd)
{
    std::array<char, 64> name{};
    const ssize_t size = readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), name.data(), name.size());
    const std::string_view target(name.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (target == "anon_inode:[eventfd]")
        return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 ? RxDescriptor::count : RxDescriptor::unknown;
    if (target == "/dev/net/tun")
        return RxDescriptor::queue;
    if (target == "anon_inode:[infinibandevent]" || target == "anon_inode:[devx_async_event]")
        return RxDescriptor::driver;
    return RxDescriptor::unknown;
}

std::string unfit(const std::vector<int>& descriptors, const std::set<int>& others)
{
    std::set<int> taken = others;
    for (std::size_t queue = 0; queue < descriptors.size(); ++queue) {
        if (rx_descriptor(descriptors[queue]) == RxDescriptor::unknown)
            return fmt::format("receive queue {} has no descriptor that poll(2) could wait for", queue);
        if (!taken.insert(descriptors[queue]).second)
            return fmt::format("receive queue {} has no interrupt of its own", queue);
    }
    return {};
}

ferry::Expected<std::unique_ptr<RxInterrupts>> RxInterrupts::find(std::uint16_t port, std::uint16_t queues,
                                                                  const std::set<int>& others)
{
    std::vector<int> descriptors;
    for (std::uint16_t queue = 0; queue < queues; ++queue)
        descriptors.push_back(rte_eth_dev_rx_intr_ctl_q_get_fd(port, queue));
    if (std::all_of(descriptors.begin(), descriptors.end(), [](int fd) { return fd < 0; }))
        return nullptr;
    if (std::string reason = unfit(descriptors, others); !reason.empty())
        return ferry::fail(ferry::ErrorCode::unavailable, std::move(reason));
    auto found = std::unique_ptr<RxInterrupts>(new RxInterrupts(port));
    for (const int fd : descriptors)
        found->queues_.push_back({fd, rx_descriptor(fd)});
    for (std::uint16_t queue = 0; queue < queues; ++queue)
        found->disarm(queue);  // some drivers start with interrupts enabled
    return found;
}

/// What the count has from before is read first. Were it read after a sleep alone, an interrupt on its way to a queue
/// that is polled already would end the next one.
std::optional<int> RxInterrupts::arm(std::uint16_t queue) noexcept
{
    if (queue >= queues_.size())
        return std::nullopt;
    const auto [fd, kind] = queues_[queue];
    if (kind == RxDescriptor::count) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(fd, &count, sizeof(count));
    }
    const std::lock_guard lock(mutex_);
    const int result = rte_eth_dev_rx_intr_enable(port_, queue);
    if (result == 0 || (result == -ENOTSUP && kind == RxDescriptor::queue))
        return fd;
    return std::nullopt;
}

void RxInterrupts::disarm(std::uint16_t queue) noexcept
{
    const std::lock_guard lock(mutex_);
    rte_eth_dev_rx_intr_disable(port_, queue);
}

}  // namespace ferryd
