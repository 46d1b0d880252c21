#include "machine.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

namespace ferry::bench {

using front_end::FrontEnd;

Expected<FrontEnd*> Machine::host_named(const std::string& name)
{
    const auto found = std::ranges::find(hosts_, name, &FrontEnd::name);
    if (found == hosts_.end())
        return fail(ErrorCode::not_found, fmt::format("{} has no host {}", name_, name));
    return &*found;
}

Expected<void> Machine::connect()
{
    for (FrontEnd& host : hosts_) {
        if (host.is_connected())
            continue;
        if (auto done = host.connect(); !done)
            return done;
    }
    return {};
}

Expected<void> Machine::start(const std::string& name)
{
    if (at_ != nullptr)
        return fail(ErrorCode::in_use, fmt::format("{} runs on {}", name_, at_->name()));
    const auto host = host_named(name);
    if (!host)
        return tl::unexpected(host.error());
    const Guest::Pause pause(*guest_);
    return (*host)->start(pause.device()).map([&] { at_ = *host; });
}

Expected<void> Machine::stop()
{
    if (at_ == nullptr)
        return {};
    const Guest::Pause pause(*guest_);
    return at_->stop(pause.device()).map([&] { at_ = nullptr; });
}

Expected<MoveTimes> Machine::move(const std::string& name, const MoveOptions& options)
{
    const auto to = host_named(name);
    if (!to)
        return tl::unexpected(to.error());
    if (at_ == nullptr)
        return fail(ErrorCode::unavailable, fmt::format("{} runs nowhere", name_));
    FrontEnd* const from = at_;
    if (options.logging.count() > 0) {
        if (auto done = from->log(guest_->device(), true); !done)
            return tl::unexpected(done.error());
        std::this_thread::sleep_for(options.logging);
    }

    MoveTimes times;
    {
        const Guest::Pause pause(*guest_);
        front_end::Device& device = pause.device();
        times.stop_asked = monotonic_now();
        if (auto done = from->stop(device); !done)
            return tl::unexpected(done.error());
        times.stopped = monotonic_now();
        at_ = nullptr;
        times.unread = device.receive.ring().look();
        times.unsent = device.transmit.unsent();
        if (options.pause.count() > 0)
            std::this_thread::sleep_for(options.pause);
        pause.await_first();
        times.start_asked = monotonic_now();
        if (auto done = (*to)->start(device); !done)
            return tl::unexpected(done.error());
        times.started = monotonic_now();
        at_ = *to;
    }
    if ((*to)->is_logging()) {
        if (auto done = (*to)->log(guest_->device(), false); !done)
            return tl::unexpected(done.error());
    }
    if (options.await_first)
        await_first_used(times);
    if (options.announce) {
        if (auto done = (*to)->announce(guest_->mac()); !done)
            return tl::unexpected(done.error());
    }
    if (options.reconnect && from != *to) {
        from->disconnect();
        if (auto done = from->connect(); !done)
            return tl::unexpected(done.error());
    }
    return times;
}

void Machine::await_first_used(MoveTimes& times) const
{
    const std::int64_t give_up = times.started + 1'000'000'000;
    while (guest_->first_used() == 0 && monotonic_now() < give_up)
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    times.first_used = guest_->first_used();
}

}  // namespace ferry::bench
