// What is between hosts: frames that keep their order on one path, and messages that do not, with faults.
#include <algorithm>

#include <fmt/format.h>

#include "world.hpp"

namespace ferry::sim {

/// First in, first out for the frames of one flow between two VTEPs, as equal-cost paths keep them (RFC 2992); frames of
/// other flows, or by another host, may overtake.
void World::send_packet(const Packet& packet)
{
    const std::uint32_t flow = books.flow_of(packet.frame);
    if (is_cut(packet.from, packet.to) || (lost_frames_ > 0 && random.below(10'000) < lost_frames_)) {
        break_premise(books.flows[flow].endpoint, "the underlay lost a frame");
        return drop(packet.frame, Fate::underlay_loss);
    }
    Time& last = paths_[{packet.from, packet.to, flow}];
    last = std::max(last + 1, clock.now() + random.between(shortest_way_, longest_way_));
    if (is_ferry(packet.to))
        return clock.at(last, [this, packet] { host(packet.to).from_underlay(packet); });
    clock.at(last, [this, packet] { drop(packet.frame, Fate::no_row); });  // a plain VTEP has none of the endpoints
}

Time World::message_delay()
{
    Time delay = random.between(50 * us, 1 * ms);
    if (random.chance(late_messages_))
        delay += random.between(0, 40 * ms);
    return delay;
}

void World::send_message(unsigned from, unsigned to, const move::Message& message)
{
    ++messages_;
    ++vms_[endpoint_of(message.key)].messages;
    if (!is_ferry(to))
        return fail(fmt::format("host {} sends a message to {}, which is plain", from, to));
    if (options.trace)
        trace(fmt::format("{} -> {} endpoint {} message {}", from, to, endpoint_of(message.key), message.body.index()));
    if (is_cut(from, to))
        return;
    const bool lost = random.chance(lost_messages_);
    const unsigned copies = (lost ? 0 : 1) + (random.chance(doubled_messages_) ? 1 : 0);
    const std::uint32_t alive = host(from).incarnation;
    for (unsigned copy = 0; copy < copies; ++copy)
        clock.after(message_delay(), [this, from, to, message, alive] {
            if (host(to).up)
                return host(to).receive(from, message);
            // Its host answers that nothing listens there.
            clock.after(message_delay(), [this, from, to, alive] {
                if (host(from).up && host(from).incarnation == alive && !host(to).up)
                    host(from).unreachable(to);
            });
        });
}

/// A broadcast of the endpoint's, which all learn from that send to it.
void World::announce(unsigned endpoint, unsigned from)
{
    const Time said = clock.now();
    for (unsigned to : vms_[endpoint].sender_hosts) {
        if (to == from || is_cut(from, to))
            continue;
        clock.after(random.between(shortest_way_, longest_way_), [this, endpoint, from, to, said] {
            if (is_ferry(to)) {
                if (host(to).up)
                    host(to).announced(endpoint, from);
                return;
            }
            PlainRow& row = plain_rows_[to - ferry_hosts][endpoint];
            if (!row.is_static && said >= row.heard) {
                row.to = from;
                row.heard = said;
            }
        });
    }
}

bool World::is_cut(unsigned one, unsigned other) const
{
    const auto found = cuts_.find(std::minmax(one, other));
    return found != cuts_.end() && found->second > 0;
}

}  // namespace ferry::sim
