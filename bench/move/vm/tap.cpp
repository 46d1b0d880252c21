#include "tap.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace ferry::bench {

Expected<Tap> Tap::make(const std::string& interface)
{
    ferryd::Descriptor file(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (!file || ::ioctl(file.get(), TUNSETIFF, &request) != 0)
        return fail(ErrorCode::unavailable, fmt::format("the interface {} cannot be made: {}", interface, std::strerror(errno)));
    return Tap(std::move(file));
}

void Tap::give(std::span<const std::byte> frame) const noexcept
{
    [[maybe_unused]] const auto written = ::write(file_.get(), frame.data(), frame.size());
}

std::size_t Tap::take(std::span<std::byte> room) const noexcept
{
    const auto size = ::read(file_.get(), room.data(), room.size());
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}

}  // namespace ferry::bench
