#include "guest.hpp"

#include <algorithm>
#include <ctime>

namespace ferry::bench {
namespace {

constexpr unsigned burst = 64;
/// Frames by which a sender may be late and still send them; more are forgiven, so that a pause ends in no burst.
constexpr std::uint64_t most_late = 128;
constexpr std::uint16_t most_flows = 4096;

}  // namespace

std::int64_t monotonic_now() noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

unsigned Guest::turn()
{
    if (wanted_.load(std::memory_order_relaxed) != 0)
        return 0;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock)
        return 0;
    const std::int64_t now = monotonic_now();
    if (first_used_.load(std::memory_order_relaxed) == 0 && device_.receive.ring().waiting() > 0)
        first_used_.store(now, std::memory_order_relaxed);
    const unsigned frames = device_.receive.poll(burst, [&](std::span<const std::byte> bytes) { count(bytes, now); });
    return frames + send(now) + forward();
}

/// What the kernel behind the tap sends: as much as the ring has room for; the rest waits there.
unsigned Guest::forward()
{
    unsigned done = 0;
    for (; tap_ && done < burst; ++done) {
        const auto room = device_.transmit.room();
        const std::size_t bytes = room.empty() ? 0 : tap_->take(room);
        if (bytes == 0)
            break;
        device_.transmit.send(bytes);
    }
    if (done > 0)
        device_.transmit.publish();
    return done;
}

void Guest::count(std::span<const std::byte> bytes, std::int64_t now)
{
    const auto frame = read_numbered(bytes);
    if (!frame && tap_)
        return tap_->give(bytes);
    const unsigned flow = frame ? static_cast<unsigned>(frame->udp.destination_port.host() - NumberedFrame::first_port) : 0;
    if (!frame || !has(frame->ethernet.destination) || flow >= most_flows) {
        ++strays_;
        return;
    }
    const std::uint16_t run = frame->udp.source_port.host();
    if (last_sender_.second == nullptr || last_sender_.first != frame->ethernet.source)
        last_sender_ = {frame->ethernet.source, &received_.try_emplace(frame->ethernet.source, run).first->second};
    Received& from = *last_sender_.second;
    if (run < from.run) {
        ++strays_;
        return;
    }
    if (run > from.run)
        from = Received(run);
    from.flows[static_cast<std::uint16_t>(flow)].add(frame->sequence.host());
    from.delays.add(now - static_cast<std::int64_t>(frame->sent_at.host()));
    if (from.last_at != 0)
        from.longest_silence = std::max(from.longest_silence, now - from.last_at);
    from.last_at = now;
}

void Guest::begin_sending(const SendOptions& options)
{
    templates_.clear();
    const std::size_t bytes = std::clamp(options.bytes, sizeof(NumberedFrame), frame_limit_);
    for (std::uint16_t flow = 0; flow < std::clamp<std::uint16_t>(options.flows, 1, most_flows); ++flow) {
        const auto to = MacAddress::from_u48(options.to.to_u48() + flow % std::max<std::uint16_t>(options.destinations, 1));
        const auto from = MacAddress::from_u48(mac_.to_u48() + flow % macs_);
        templates_.push_back(frame_template({from, to, flow, options.run}, bytes));
    }
    sent_ = Sent{};
    sent_.frames.resize(templates_.size());
    rate_ = options.rate;
    sending_since_ = monotonic_now();
    due_before_ = 0;
    next_flow_ = 0;
}

unsigned Guest::send(std::int64_t now)
{
    if (templates_.empty())
        return 0;
    const auto due = static_cast<std::uint64_t>(static_cast<double>(now - sending_since_) * rate_ / 1e9);
    if (due > due_before_ + most_late) {
        sent_.forgiven += due - due_before_ - most_late;
        due_before_ = due - most_late;
    }
    unsigned done = 0;
    for (; done < burst && due_before_ < due; ++done, ++due_before_) {
        const auto room = device_.transmit.room();
        if (room.empty()) {
            ++sent_.ring_full;
            break;
        }
        const auto& bytes = templates_[next_flow_];
        std::memcpy(room.data(), bytes.data(), bytes.size());
        const auto field = [&](std::size_t offset, std::uint64_t value) {
            const wire::be64 big(value);
            std::memcpy(room.data() + offset, &big, sizeof(big));
        };
        field(offsetof(NumberedFrame, sequence), sent_.frames[next_flow_]++);
        field(offsetof(NumberedFrame, sent_at), static_cast<std::uint64_t>(now));
        device_.transmit.send(bytes.size());
        next_flow_ = (next_flow_ + 1) % templates_.size();
    }
    if (done > 0)
        device_.transmit.publish();
    return done;
}

}  // namespace ferry::bench
