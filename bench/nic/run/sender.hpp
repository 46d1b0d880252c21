// Makes frames and sends them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "clock.hpp"
#include "ports/port.hpp"
#include "traffic/frame_size.hpp"
#include "traffic/plan.hpp"

struct rte_mempool;

namespace ferry::bench {

/// One thread's. Frames that the port does not take at once are offered to it again.
class Sender {
public:
    Sender(ferryd::Port& port, rte_mempool* pool, const Plan& plan, const Clock& clock);
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    /// Begins a trial. `size` must live as long.
    void begin(std::uint16_t trial, const FrameSize& size);
    /// Offers the port a burst, `wanted` frames at most; returns how many it took.
    std::uint64_t send(std::uint64_t wanted);
    /// Frees what the port has not taken.
    void end();

    std::uint64_t sent() const noexcept { return sent_; }
    std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }

private:
    static constexpr std::uint16_t burst = 32;
    bool refill(std::uint16_t count);
    void write(rte_mbuf& frame, std::uint64_t time);

    ferryd::Port& port_;
    rte_mempool* pool_;
    const Plan& plan_;
    const Clock& clock_;
    const FrameSize* size_ = nullptr;
    FlowOrder order_;
    std::uint16_t trial_ = 0;
    std::uint64_t made_ = 0, sent_ = 0, sent_bytes_ = 0;
    std::vector<std::uint32_t> sequences_;  ///< the next of each flow
    std::array<rte_mbuf*, burst> frames_{};
    std::uint16_t first_ = 0, end_ = 0;     ///< of frames_, those that wait
};

}  // namespace ferry::bench
