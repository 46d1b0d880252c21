#include "mbufs.hpp"

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "../support/eal.hpp"

namespace ferry::test {
namespace {

rte_mbuf* allocate()
{
    rte_mbuf* const frame = rte_pktmbuf_alloc(pool());
    if (frame == nullptr)
        throw std::runtime_error("the tests' buffer pool is empty");
    return frame;
}

rte_mbuf* make_buffer(const std::uint8_t* bytes, std::size_t length)
{
    rte_mbuf* const frame = allocate();
    char* const room = rte_pktmbuf_append(frame, static_cast<std::uint16_t>(length));
    if (room == nullptr)
        throw std::runtime_error("the frame does not fit one buffer");
    if (length != 0)
        std::memcpy(room, bytes, length);
    return frame;
}

struct ExactMemory {
    rte_mbuf_ext_shared_info info;
    std::uint8_t* bytes;
};

void free_exact(void*, void* opaque)
{
    auto* const memory = static_cast<ExactMemory*>(opaque);
    std::free(memory->bytes);
    delete memory;
}

}  // namespace

rte_mempool* pool()
{
    static rte_mempool* const all = make_pool("packets", 8191);
    return all;
}

rte_mbuf* make_frame(const Bytes& bytes) { return make_buffer(bytes.data(), bytes.size()); }

rte_mbuf* make_exact_frame(const Bytes& bytes)
{
    rte_mbuf* const frame = allocate();
    auto* const memory = new ExactMemory{};
    const auto length = static_cast<std::uint16_t>(bytes.size());
    memory->bytes = static_cast<std::uint8_t*>(std::malloc(bytes.size()));
    if (length != 0)
        std::memcpy(memory->bytes, bytes.data(), bytes.size());
    memory->info.free_cb = free_exact;
    memory->info.fcb_opaque = memory;
    rte_mbuf_ext_refcnt_set(&memory->info, 1);
    rte_pktmbuf_attach_extbuf(frame, memory->bytes, RTE_BAD_IOVA, length, &memory->info);
    frame->data_off = 0;
    frame->data_len = length;
    frame->pkt_len = length;
    return frame;
}

rte_mbuf* make_chain(const Bytes& bytes, const std::vector<std::size_t>& sizes)
{
    rte_mbuf* chain = nullptr;
    std::size_t offset = 0;
    const auto append = [&](std::size_t size) {
        rte_mbuf* const next = make_buffer(bytes.data() + offset, size);
        offset += size;
        if (chain == nullptr)
            chain = next;
        else if (rte_pktmbuf_chain(chain, next) != 0)
            throw std::runtime_error("too many buffers for a chain");
    };
    for (const std::size_t size : sizes)
        append(size);
    append(bytes.size() - offset);
    return chain;
}

Bytes bytes_of_frame(const rte_mbuf& frame)
{
    Bytes bytes;
    unsigned buffers = 0;
    for (const rte_mbuf* buffer = &frame; buffer != nullptr; buffer = buffer->next, ++buffers) {
        const auto* const first = static_cast<const std::uint8_t*>(buffer->buf_addr) + buffer->data_off;
        bytes.insert(bytes.end(), first, first + buffer->data_len);
    }
    if (bytes.size() != frame.pkt_len || buffers != frame.nb_segs)
        throw std::runtime_error("the chain's lengths do not agree");
    return bytes;
}

}  // namespace ferry::test
