#include "buffers.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <stdexcept>

#include <rte_mbuf.h>

#include "../../tests/support/eal.hpp"

namespace ferry::bench {

rte_mempool* buffers(const char* name, unsigned count, std::size_t room)
{
    test::start_eal();
    if (rte_mempool* const made = rte_mempool_lookup(name))
        return made;
    constexpr unsigned cache = 256;
    constexpr std::size_t huge_page = 2 << 20;
    const auto element = static_cast<unsigned>(sizeof(rte_mbuf) + room);
    rte_mempool* const pool = rte_mempool_create_empty(name, count, element, cache, sizeof(rte_pktmbuf_pool_private),
                                                       SOCKET_ID_ANY, 0);
    const std::size_t needed = 2 * count * std::size_t{element};  // the pool puts some room around each
    const std::size_t bytes = (needed / huge_page + 1) * huge_page;
    void* const memory = std::aligned_alloc(huge_page, bytes);
    if (memory == nullptr || pool == nullptr)
        throw std::runtime_error("no memory for the benchmarks' buffers");
    madvise(memory, bytes, MADV_HUGEPAGE);  // where the kernel gives some without being asked beforehand
    rte_pktmbuf_pool_private settings{};
    settings.mbuf_data_room_size = static_cast<std::uint16_t>(room);
    rte_pktmbuf_pool_init(pool, &settings);
    if (rte_mempool_populate_virt(pool, static_cast<char*>(memory), bytes, huge_page, nullptr, nullptr) < 0 ||
        pool->populated_size != count)
        throw std::runtime_error("the benchmarks' buffers cannot be laid out");
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
    return pool;
}

}  // namespace ferry::bench
