#include "host/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <fmt/format.h>

namespace ferryd {

void notify_ready(const std::string& status)
{
    sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
}

void notify_stopping()
{
    sd_notify(0, "STOPPING=1\nSTATUS=stopping");
}

void notify_alive()
{
    sd_notify(0, "WATCHDOG=1");
}

std::optional<std::chrono::milliseconds> alive_interval()
{
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0)
        return std::nullopt;
    return std::chrono::milliseconds(microseconds / 2000);
}

}  // namespace ferryd
