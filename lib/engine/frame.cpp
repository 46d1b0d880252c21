#include "engine/frame.hpp"

namespace ferry::engine {

void cut_chain(rte_mbuf& frame, std::uint32_t length) noexcept
{
    rte_mbuf* last = &frame;
    std::uint16_t buffers = 1;
    std::uint32_t left = length;
    for (; left > last->data_len; ++buffers) {
        left -= last->data_len;
        last = last->next;
    }
    last->data_len = static_cast<std::uint16_t>(left);
    rte_mbuf* const rest = last->next;
    last->next = nullptr;
    frame.nb_segs = buffers;
    frame.pkt_len = length;
    rte_pktmbuf_free(rest);
}

}  // namespace ferry::engine
