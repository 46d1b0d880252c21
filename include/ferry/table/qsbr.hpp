// When may the writer believe that no worker still sees an old value? Quiescent-state-based reclamation, by DPDK's RCU
// library (rte_rcu_qsbr), behind the few calls that ferry needs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include <ferry/error.hpp>

struct rte_rcu_qsbr;

namespace ferry {

/// A grace period, from a point in the writer's time: passed once every reader that was online then has been quiescent
/// since.
enum class GraceToken : std::uint64_t {};

/// One writer and up to `max_readers` reader threads. Works without EAL.
class Qsbr {
public:
    /// Fails with invalid_argument for 0 readers, no_memory when there is none.
    static Expected<std::unique_ptr<Qsbr>> make(std::uint32_t max_readers);
    ~Qsbr();
    Qsbr(const Qsbr&) = delete;
    Qsbr& operator=(const Qsbr&) = delete;

    /// Takes a free reader number; fails with table_full. Any thread. The reader starts offline.
    Expected<std::uint32_t> add_reader();
    /// Gives the number back; the reader must be offline. Any thread.
    void remove_reader(std::uint32_t reader);

    /// Reader thread: from here on grace periods wait for this reader.
    void online(std::uint32_t reader) noexcept;
    /// Reader thread: holds no reference into the tables now, and takes none until online() again. Call before
    /// sleeping.
    void offline(std::uint32_t reader) noexcept;
    /// Reader thread, while online: holds no reference into the tables at this moment. Call once a burst.
    void quiescent(std::uint32_t reader) noexcept;

    /// Writer: starts a grace period. Never waits.
    GraceToken start() noexcept;
    /// Writer: a grace period that starts when passed() or wait() is first called for it, and not at all where nobody
    /// asks. Readers look at what start() writes once a burst: a million starts a second would cost them a tenth of their rate.
    GraceToken start_when_asked() const noexcept;
    /// Writer: true when every online reader has been quiescent since `token`'s period started. Never waits.
    bool passed(GraceToken token) noexcept;
    /// Writer: waits until passed(token), or until `timeout` is over; returns whether it passed. Yields while waiting.
    bool wait(GraceToken token, std::chrono::nanoseconds timeout) noexcept;

private:
    explicit Qsbr(std::uint32_t max_readers);
    std::uint32_t max_readers_;
    struct Deleter {
        void operator()(rte_rcu_qsbr* state) const noexcept;
    };
    std::unique_ptr<rte_rcu_qsbr, Deleter> state_;
    std::unique_ptr<std::atomic<bool>[]> taken_;
};

}  // namespace ferry
