// A port without a device: frames to be received are put in, sent ones are taken out.
#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "host/descriptor.hpp"
#include "ports/port.hpp"

namespace ferryd::test {

class FakePort : public Port {
public:
    explicit FakePort(std::uint16_t receive_queues = 1, std::uint16_t transmit_queues = 1)
        : receive_queues_(receive_queues), transmit_queues_(transmit_queues)
    {
    }

    std::uint16_t receive(std::uint16_t, rte_mbuf** frames, std::uint16_t room) noexcept override
    {
        const std::lock_guard lock(mutex_);
        std::uint16_t count = 0;
        while (count < room && next_ < waiting_.size())
            frames[count++] = waiting_[next_++];
        return count;
    }

    Transmitted transmit(std::uint16_t, rte_mbuf** frames, std::uint16_t count) noexcept override
    {
        const std::lock_guard lock(mutex_);
        if (refuses_)
            return {0, *refuses_};
        if (count > room_) {
            const std::uint16_t taken = std::exchange(room_, std::uint16_t{0});
            sent_.insert(sent_.end(), frames, frames + taken);
            return {taken, ferry::DropReason::transmit_failed, Transmitted::all_others, true};
        }
        if (room_ != endless)
            room_ = static_cast<std::uint16_t>(room_ - count);
        if (refuses_every_ != 0) {
            std::uint16_t good = 0;
            while (good < count && ++seen_ % refuses_every_ != 0)
                ++good;
            sent_.insert(sent_.end(), frames, frames + good);
            return {good, ferry::DropReason::frame_too_big, 1};
        }
        sent_.insert(sent_.end(), frames, frames + count);
        return {count, {}};
    }

    std::optional<int> arm(std::uint16_t) noexcept override
    {
        return wake_ ? std::optional(wake_.get()) : std::nullopt;
    }
    void disarm(std::uint16_t) noexcept override
    {
        eventfd_t wakes = 0;
        if (wake_ && !stays_readable_)
            eventfd_read(wake_.get(), &wakes);
    }

    std::uint16_t receive_queues() const noexcept override { return receive_queues_; }
    std::uint16_t transmit_queues() const noexcept override { return transmit_queues_; }
    std::string state() const override { return "up"; }
    std::uint64_t observe() override { return 0; }
    void close() override {}

    /// Before a worker polls it: from now on put() wakes the worker.
    void make_waking() { wake_ = Descriptor(::eventfd(0, EFD_NONBLOCK)); }

    void stay_readable() noexcept { stays_readable_ = true; }

    void put(const std::vector<rte_mbuf*>& frames)
    {
        const std::lock_guard lock(mutex_);
        waiting_.insert(waiting_.end(), frames.begin(), frames.end());
        if (wake_)
            eventfd_write(wake_.get(), 1);
    }
    std::vector<rte_mbuf*> sent() const
    {
        const std::lock_guard lock(mutex_);
        return sent_;
    }
    bool all_received() const
    {
        const std::lock_guard lock(mutex_);
        return next_ == waiting_.size();
    }
    void refuse(ferry::DropReason reason)
    {
        const std::lock_guard lock(mutex_);
        refuses_ = reason;
    }
    /// Refuses each frame whose number, counted from 1, `every` divides, and takes the others.
    void refuse_one_in(std::uint32_t every)
    {
        const std::lock_guard lock(mutex_);
        refuses_every_ = every;
    }

    /// Takes `frames` more and is full then.
    void have_room_for(std::uint16_t frames)
    {
        const std::lock_guard lock(mutex_);
        room_ = frames;
    }

private:
    static constexpr std::uint16_t endless = 0xffff;

    std::uint16_t room_ = endless;
    std::uint32_t refuses_every_ = 0, seen_ = 0;
    std::uint16_t receive_queues_, transmit_queues_;
    Descriptor wake_;
    std::atomic<bool> stays_readable_{false};
    mutable std::mutex mutex_;
    std::vector<rte_mbuf*> waiting_, sent_;
    std::size_t next_ = 0;
    std::optional<ferry::DropReason> refuses_;
};

}  // namespace ferryd::test
