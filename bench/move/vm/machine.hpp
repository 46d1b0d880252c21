// A VM that can run on one of several hosts, and its moves between them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "front_end.hpp"
#include "guest.hpp"

namespace ferry::bench {

/// When each step of a move was, by monotonic_now().
struct MoveTimes {
    std::int64_t stop_asked = 0;
    std::int64_t stopped = 0;      ///< the old host has answered with the rings' indices
    std::int64_t start_asked = 0;  ///< the first message to the new host
    std::int64_t started = 0;      ///< the new host has started the rings
    std::int64_t first_used = 0;   ///< the VM's processor saw a received frame; 0 when none came in a second
    std::uint16_t unread = 0;      ///< frames that were in the receive ring when it stopped
    std::size_t unsent = 0;        ///< frames that were in the transmit ring
};

struct MoveOptions {
    std::chrono::microseconds pause{0};    ///< from the stop to the start
    std::chrono::milliseconds logging{0};  ///< how long before the stop the back end logs, as while memory is copied; 0: not at all
    bool announce = false;                 ///< ask the new host for a RARP frame after the start
    /// Close the old host's connection and wait for another, as for another QEMU. Else the rings start there again, some
    /// time, as after a cancelled migration: with logging on, which is then switched off.
    bool reconnect = true;
    bool await_first = true;               ///< wait up to a second for the first frame
};

/// For one thread; the guest's processor is another.
class Machine {
public:
    Machine(std::string name, std::unique_ptr<Guest> guest, std::vector<front_end::FrontEnd> hosts)
        : name_(std::move(name)), guest_(std::move(guest)), hosts_(std::move(hosts))
    {
    }

    const std::string& name() const noexcept { return name_; }
    Guest& guest() const noexcept { return *guest_; }

    /// Waits until every host has connected to its socket.
    Expected<void> connect();
    /// Starts the rings at a host, where they were stopped or have never run.
    Expected<void> start(const std::string& host);
    /// Stops them where they run.
    Expected<void> stop();
    /// Stops them where they run and starts them at `host`, which may be the same one: a cancelled migration.
    Expected<MoveTimes> move(const std::string& host, const MoveOptions& options);

private:
    Expected<front_end::FrontEnd*> host_named(const std::string& name);
    void await_first_used(MoveTimes& times) const;

    std::string name_;
    std::unique_ptr<Guest> guest_;
    std::vector<front_end::FrontEnd> hosts_;
    front_end::FrontEnd* at_ = nullptr;
};

}  // namespace ferry::bench
