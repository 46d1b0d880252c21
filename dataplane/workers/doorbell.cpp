#include "workers/doorbell.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

namespace ferryd {

ferry::Expected<std::unique_ptr<Doorbell>> Doorbell::make()
{
    Descriptor descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!descriptor)
        return ferry::fail(ferry::ErrorCode::unavailable,
                           fmt::format("no eventfd for a worker: {}", std::strerror(errno)));
    return std::unique_ptr<Doorbell>(new Doorbell(std::move(descriptor)));
}

void Doorbell::wake() noexcept
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(descriptor_.get(), &one, sizeof(one));  // full means that it is rung
}

void Doorbell::heard() noexcept
{
    std::uint64_t rings = 0;
    [[maybe_unused]] const auto got = ::read(descriptor_.get(), &rings, sizeof(rings));
}

Doorbell::End Doorbell::wait(std::span<Doorbell* const> bells, std::chrono::nanoseconds time, std::vector<pollfd>& others) noexcept
{
    const std::size_t first_bell = others.size();
    for (const Doorbell* bell : bells)
        others.push_back({bell->descriptor_.get(), POLLIN, 0});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec most{seconds.count(), (time - seconds).count()};
    const int ready = ::ppoll(others.data(), others.size(), &most, nullptr);
    bool rung = false;
    for (std::size_t i = 0; ready > 0 && i < bells.size(); ++i) {
        if (others[first_bell + i].revents != 0) {
            bells[i]->heard();
            rung = true;
        }
    }
    others.resize(first_bell);
    if (rung)
        return End::ring;
    if (ready <= 0)
        return End::time;
    for (const pollfd& other : others) {
        if ((other.revents & POLLERR) == 0)
            continue;
        int error = 0;  // an interface that went down; until it is asked for it would end every wait
        socklen_t size = sizeof(error);
        ::getsockopt(other.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    return End::other;
}

}  // namespace ferryd
