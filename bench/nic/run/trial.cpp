#include "run/trial.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "run/pinning.hpp"

namespace ferry::bench {
namespace {

constexpr double longest_settle = 10;      // times the settle time, however frames trickle in
constexpr std::uint64_t afterwards = 2'000'000;  // ns in which what was repeated may still come
constexpr std::uint64_t unlimited = UINT64_MAX;

/// How much longer than intended a trial may send what was due: a part of it, and the time of a thread switch.
std::uint64_t grace(double seconds)
{
    return static_cast<std::uint64_t>(seconds * 1e7) + 2'000'000;
}

}  // namespace

double TrialResult::loss() const noexcept
{
    if (intended == 0)
        return 0;
    return 1 - static_cast<double>(std::min(sequences.received, intended)) / static_cast<double>(intended);
}

double TrialResult::received_rate() const noexcept
{
    return seconds > 0 ? static_cast<double>(sequences.received) / seconds : 0;
}

std::uint64_t TrialResult::faults() const noexcept
{
    std::uint64_t all = sequences.repeated + sequences.reordered;
    for (std::size_t i = 0; i < verdicts.size(); ++i)
        if (Verdict(i) != Verdict::good && Verdict(i) != Verdict::other)
            all += verdicts[i];
    return all;
}

Tester::Tester(ferryd::Port& out, ferryd::Port& in, ferryd::Port* spare, rte_mempool* pool, const Plan& plan,
               const Options& options, const std::atomic<bool>& stop)
    : in_(in),
      spare_(spare),
      options_(options),
      stop_(stop),
      sender_(out, pool, plan, clock_),
      receiver_(in, plan, clock_)
{
}

TrialResult Tester::run(const FrameSize& size, const Load& load)
{
    ++trial_;
    sender_.begin(trial_, size);
    receiver_.begin(trial_);
    TrialResult result;
    const std::uint64_t missed = in_.observe();
    std::atomic<bool> received{false};
    std::thread thread;
    if (options_.own_thread)
        thread = std::thread([&] {
            pin(options_.receive_cpu);
            const bool registered = rte_thread_register() == 0;
            while (!received.load(std::memory_order_relaxed))
                if (receiver_.poll() == 0)
                    rest();
            if (registered)
                rte_thread_unregister();
        });
    send(load, result);
    sender_.end();
    settle(result);
    received.store(true, std::memory_order_relaxed);
    if (thread.joinable())
        thread.join();
    result.sequences = receiver_.sequences();
    result.verdicts = receiver_.verdicts();
    result.late = receiver_.late();
    result.missed = in_.observe() - missed;
    result.latency = receiver_.latency();
    result.interrupted = stop_.load(std::memory_order_relaxed);
    return result;
}

void Tester::send(const Load& load, TrialResult& result)
{
    const auto duration = static_cast<std::uint64_t>(load.seconds * 1e9);
    std::uint64_t intended = load.frames != 0 ? load.frames
                             : load.rate > 0  ? static_cast<std::uint64_t>(std::llround(load.rate * load.seconds))
                                              : unlimited;
    intended = std::max<std::uint64_t>(intended, 1);
    const std::uint64_t begin = clock_.now(), end = begin + duration;
    const std::uint64_t last = load.rate > 0 ? end + grace(load.seconds) : end;
    std::uint64_t now = begin;
    while (sender_.sent() < intended && now < last && !stop_.load(std::memory_order_relaxed)) {
        const double due = static_cast<double>(now - begin) * load.rate / 1e9 + 1;
        const std::uint64_t until = load.rate > 0 ? std::min(intended, static_cast<std::uint64_t>(due)) : intended;
        const std::uint64_t taken = until > sender_.sent() ? sender_.send(until - sender_.sent()) : 0;
        if (receive() + taken == 0)
            rest();
        now = clock_.now();
    }
    result.seconds = static_cast<double>(std::max(now, load.rate > 0 && load.frames == 0 ? end : now) - begin) / 1e9;
    result.sent = sender_.sent();
    result.sent_bytes = sender_.sent_bytes();
    result.intended = intended == unlimited ? result.sent : intended;
    result.rate = load.rate > 0 ? load.rate : static_cast<double>(result.sent) / result.seconds;
}

/// Until all has come, or nothing more comes.
void Tester::settle(const TrialResult& result)
{
    const auto quiet = static_cast<std::uint64_t>(options_.settle * 1e9);
    const std::uint64_t begin = clock_.now();
    while (receiver_.arrived() < result.sent && !stop_.load(std::memory_order_relaxed)) {
        if (receive() == 0)
            rest();
        const std::uint64_t now = clock_.now(), heard = std::max(begin, receiver_.last_arrival());
        if ((now > heard && now - heard > quiet) ||
            static_cast<double>(now - begin) > longest_settle * static_cast<double>(quiet))
            return;
    }
    const std::uint64_t end = clock_.now() + afterwards;
    while (clock_.now() < end)
        if (receive() == 0)
            rest();
}

unsigned Tester::receive()
{
    const unsigned received = options_.own_thread ? 0 : receiver_.poll();
    return received + empty_spare();
}

unsigned Tester::empty_spare()
{
    if (spare_ == nullptr)
        return 0;
    std::array<rte_mbuf*, 32> frames;
    const std::uint16_t count = spare_->receive(0, frames.data(), frames.size());
    rte_pktmbuf_free_bulk(frames.data(), count);
    return count;
}

void Tester::rest() const
{
    if (options_.yields)
        std::this_thread::yield();
}

}  // namespace ferry::bench
