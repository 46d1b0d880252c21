// What systemd, or whoever set NOTIFY_SOCKET, hears of ferryd: ready, stopping, alive.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace ferryd {

/// Each does nothing where nobody listens. Any thread.
void notify_ready(const std::string& status);
void notify_stopping();
void notify_alive();

/// How often notify_alive() is wanted at least (half of systemd's WatchdogSec); nothing where it is not.
std::optional<std::chrono::milliseconds> alive_interval();

}  // namespace ferryd
