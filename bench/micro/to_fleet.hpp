// A worker that encapsulates bursts for a fleet's endpoints, at random.
#pragma once

#include "buffers.hpp"
#include "fleet.hpp"
#include "frames.hpp"
#include "ring.hpp"
#include "sinks.hpp"

namespace ferry::bench {

/// Made on the thread that measures; take() may be called on another one, then ready() too.
class ToFleet {
public:
    ToFleet(Fleet& fleet, std::uint64_t seed)
        : fleet_(fleet), worker_(make_worker(*fleet.tables, buffers("copies", 1023, RTE_MBUF_DEFAULT_BUF_SIZE))),
          ring_(Frames::warm,
                [](std::size_t number, std::uint8_t* place) {
                    return write_frame(place, InnerFrame{guest, guest, number});
                }),
          random_(seed)
    {
    }

    /// A burst of one attachment, for endpoints of its segment.
    rte_mbuf** ready()
    {
        segment_ = random_.below(fleet_segments);
        const std::uint32_t members = fleet_.endpoints / fleet_segments;
        return ring_.next([&](std::uint8_t* frame) {
            const MacAddress to = Fleet::mac(random_.below(members) * fleet_segments + segment_);
            std::copy(to.bytes.begin(), to.bytes.end(), frame);
        });
    }

    void take(rte_mbuf** burst)
    {
        worker_->from_attachment(fleet_.attachments[segment_], burst, burst_size, 1, sink_);
        worker_->quiescent();
    }

    std::uint64_t sent() const noexcept { return sink_.sent; }

private:
    static constexpr MacAddress guest = MacAddress::from_u48(0x5254'00ff'0001);

    Fleet& fleet_;
    std::unique_ptr<Worker> worker_;
    Ring ring_;
    Discard sink_;
    Xorshift random_;
    std::uint32_t segment_ = 0;
};

}  // namespace ferry::bench
