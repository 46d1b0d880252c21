// A DUT inside the program: ferry's engine, or nothing, on one port whose frames go back by the same port.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <ferry/error.hpp>

#include "measure/histogram.hpp"
#include "ports/port.hpp"
#include "traffic/plan.hpp"

struct rte_mempool;

namespace ferry::bench {

/// Runs on a thread of its own, from make() to the destructor. The tables have the plan's segments, endpoints and
/// remotes.
class InnerDut {
public:
    /// With `engine` frames go through libferry as the plan's traffic wants; else they are sent back as they are. With
    /// `yields` the thread leaves its CPU to others when nothing comes. Fails with what the tables fail with.
    static Expected<std::unique_ptr<InnerDut>> make(ferryd::Port& port, rte_mempool* pool, const Plan& plan,
                                                    bool engine, MacAddress own_mac, std::optional<unsigned> cpu,
                                                    bool yields);
    ~InnerDut();
    InnerDut(const InnerDut&) = delete;
    InnerDut& operator=(const InnerDut&) = delete;

    /// The median over all frames since the last call of what a frame cost: cycles of the CPU's counter, receiving and
    /// sending included. Nothing where no frame came.
    std::optional<double> take_cycles();

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
    std::mutex mutex_;   ///< of cycles_
    Histogram cycles_;   ///< 16ths of a cycle, by frame
    std::thread thread_;
};

}  // namespace ferry::bench
