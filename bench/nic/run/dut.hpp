// A DUT inside the program: ferry's engine, or nothing, on one port whose frames go back by the same port.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include <ferry/error.hpp>

#include "ports/port.hpp"
#include "traffic/plan.hpp"

struct rte_mempool;

namespace ferry::bench {

/// What the DUT's thread has done so far.
struct DutCounts {
    std::uint64_t frames = 0;   ///< received
    std::uint64_t cycles = 0;   ///< of the CPU's counter, in turns that had frames, receiving and sending included
    std::uint64_t refused = 0;  ///< frames that the port did not take
};

/// Runs on a thread of its own, from make() to the destructor. The tables have the plan's segments, endpoints and remotes.
class InnerDut {
public:
    /// With `engine` frames go through libferry as the plan's traffic wants; else they are sent back as they are. With `yields`
    /// the thread leaves its CPU to others when nothing comes. Fails with what the tables fail with.
    static Expected<std::unique_ptr<InnerDut>> make(ferryd::Port& port, rte_mempool* pool, const Plan& plan, bool engine, MacAddress own_mac,
                                                    std::optional<unsigned> cpu, bool yields);
    ~InnerDut();
    InnerDut(const InnerDut&) = delete;
    InnerDut& operator=(const InnerDut&) = delete;

    DutCounts counts() const noexcept;

private:
    struct Engine;
    InnerDut(ferryd::Port& port, std::unique_ptr<Engine> engine, std::optional<unsigned> cpu, bool yields);
    void run();
    void turn(rte_mbuf** frames, std::uint16_t count);

    ferryd::Port& port_;
    std::unique_ptr<Engine> engine_;  ///< null: frames are sent back as they are
    std::optional<unsigned> cpu_;
    bool yields_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> frames_{0}, cycles_{0}, refused_{0};
    std::thread thread_;
};

}  // namespace ferry::bench
