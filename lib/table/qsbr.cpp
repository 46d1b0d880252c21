#include <ferry/table/qsbr.hpp>

#include <cstdlib>
#include <new>
#include <thread>

#include <rte_rcu_qsbr.h>

namespace ferry {

static_assert(sizeof(rte_rcu_qsbr_cnt) % RTE_CACHE_LINE_SIZE == 0, "each reader writes to lines of its own");

void Qsbr::Deleter::operator()(rte_rcu_qsbr* state) const noexcept
{
    std::free(state);
}

Qsbr::Qsbr(std::uint32_t max_readers) : max_readers_(max_readers) {}

Qsbr::~Qsbr() = default;

Expected<std::unique_ptr<Qsbr>> Qsbr::make(std::uint32_t max_readers)
{
    if (max_readers == 0)
        return fail(ErrorCode::invalid_argument, "room for at least one reader thread is needed");
    try {
        std::unique_ptr<Qsbr> qsbr(new Qsbr(max_readers));
        const std::size_t bytes = rte_rcu_qsbr_get_memsize(max_readers);
        qsbr->state_.reset(
            static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_CACHE_LINE_ROUNDUP(bytes))));
        qsbr->taken_.reset(new std::atomic<bool>[max_readers]{});
        if (qsbr->state_ == nullptr)
            return fail(ErrorCode::no_memory, "no memory for the reader threads' grace period state");
        if (rte_rcu_qsbr_init(qsbr->state_.get(), max_readers) != 0)
            return fail(ErrorCode::invalid_argument, "the RCU library does not take so many reader threads");
        return qsbr;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::no_memory, "no memory for the reader threads' grace period state");
    }
}

Expected<std::uint32_t> Qsbr::add_reader()
{
    for (std::uint32_t reader = 0; reader < max_readers_; ++reader) {
        if (!taken_[reader].exchange(true, std::memory_order_acquire)) {
            rte_rcu_qsbr_thread_register(state_.get(), reader);
            return reader;
        }
    }
    return fail(ErrorCode::table_full, "every reader number is taken; make the tables with room for more workers");
}

void Qsbr::remove_reader(std::uint32_t reader)
{
    rte_rcu_qsbr_thread_unregister(state_.get(), reader);
    taken_[reader].store(false, std::memory_order_release);
}

void Qsbr::online(std::uint32_t reader) noexcept
{
    rte_rcu_qsbr_thread_online(state_.get(), reader);
}

void Qsbr::offline(std::uint32_t reader) noexcept
{
    rte_rcu_qsbr_thread_offline(state_.get(), reader);
}

void Qsbr::quiescent(std::uint32_t reader) noexcept
{
    rte_rcu_qsbr_quiescent(state_.get(), reader);
}

GraceToken Qsbr::start() noexcept
{
    return GraceToken{rte_rcu_qsbr_start(state_.get())};
}

GraceToken Qsbr::start_when_asked() const noexcept
{
    return GraceToken{__atomic_load_n(&state_->token, __ATOMIC_RELAXED) + 1};
}

bool Qsbr::passed(GraceToken token) noexcept
{
    if (static_cast<std::uint64_t>(token) > __atomic_load_n(&state_->token, __ATOMIC_RELAXED))
        start();
    return rte_rcu_qsbr_check(state_.get(), static_cast<std::uint64_t>(token), false) == 1;
}

bool Qsbr::wait(GraceToken token, std::chrono::nanoseconds timeout) noexcept
{
    const auto start = std::chrono::steady_clock::now();
    while (!passed(token)) {
        // Compared as a duration, so that a very long timeout does not overflow the clock.
        if (std::chrono::steady_clock::now() - start >= timeout)
            return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace ferry
