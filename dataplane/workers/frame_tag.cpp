#include "workers/frame_tag.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <rte_errno.h>

namespace ferryd {
namespace detail {
int frame_tag_offset = -1;
}

ferry::Expected<void> reserve_frame_tag()
{
    rte_mbuf_dynfield field{};
    std::snprintf(field.name, sizeof(field.name), "ferryd_frame_tag");
    field.size = sizeof(FrameTag);
    field.align = alignof(FrameTag);
    const int offset = rte_mbuf_dynfield_register(&field);
    if (offset < 0)
        return ferry::fail(ferry::ErrorCode::no_memory,
                           fmt::format("no room in DPDK's buffers for ferryd's tag: {}", rte_strerror(rte_errno)));
    detail::frame_tag_offset = offset;
    return {};
}

}  // namespace ferryd
