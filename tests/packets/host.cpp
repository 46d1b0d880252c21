#include "host.hpp"

#include <catch2/catch.hpp>

namespace ferry::test {

std::ostream& operator<<(std::ostream& stream, const Out& out)
{
    stream << "to " << out.where;
    if (const Arrival& came = out.arrival; came != Arrival{})
        stream << " (via " << static_cast<int>(came.via) << ", mark " << static_cast<int>(came.mark) << ", stream "
               << static_cast<int>(came.stream) << ", TTL " << static_cast<int>(came.ttl) << ", VTEP "
               << index_of(came.peer) << (came.from_attachment ? ", from an attachment)" : ")");
    return stream << ": " << hex(out.frame) << '\n';
}

Out to(AttachmentId attachment, Bytes frame)
{
    return {"attachment " + std::to_string(index_of(attachment)), std::move(frame)};
}

Out to_gate(AttachmentId attachment, Bytes frame, const Arrival& arrival)
{
    return {"gate " + std::to_string(index_of(attachment)), std::move(frame), arrival};
}

Out to(UnderlayId underlay, Bytes frame)
{
    return {"underlay " + std::to_string(static_cast<unsigned>(underlay)), std::move(frame)};
}

Out to_host(Bytes frame) { return {"host", std::move(frame)}; }

MacAddress mac(const Mac& bytes) { return {bytes}; }

Ipv4Address ip(const Ip4& bytes)
{
    return Ipv4Address::from_host(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                                  std::uint32_t{bytes[2]} << 8 | bytes[3]);
}

Vni vni(std::uint32_t value) { return Vni::make(value).value(); }

void Recorder::take(const std::string& where, rte_mbuf** frames, std::uint16_t count, const Arrival* arrivals)
{
    ++calls;
    largest_call = std::max<std::size_t>(largest_call, count);
    for (std::uint16_t i = 0; i < count; ++i) {
        taken.push_back({where, bytes_of_frame(*frames[i]), arrivals != nullptr ? arrivals[i] : Arrival{}});
        peers.push_back(VtepId{frames[i]->hash.usr});
    }
    if (keep)
        keep(frames, count);
    else
        rte_pktmbuf_free_bulk(frames, count);
}

void Recorder::to_attachment(AttachmentId attachment, rte_mbuf** frames, std::uint16_t count)
{
    take(to(attachment, {}).where, frames, count);
}

void Recorder::to_gate(AttachmentId attachment, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count)
{
    take(test::to_gate(attachment, {}, {}).where, frames, count, arrivals);
}

void Recorder::to_underlay(UnderlayId underlay, rte_mbuf** frames, std::uint16_t count)
{
    take(to(underlay, {}).where, frames, count);
}

std::uint16_t Recorder::offer_to_underlay(UnderlayId underlay, rte_mbuf** frames, std::uint16_t count)
{
    const std::uint16_t fitting = std::min(count, room);
    room = static_cast<std::uint16_t>(room - fitting);
    to_underlay(underlay, frames, fitting);
    return fitting;
}

void Recorder::pass(rte_mbuf** frames, std::uint16_t count) { take(to_host({}).where, frames, count); }

Host::Host(const std::function<void(WorkerConfig&)>& adjust)
{
    TableLimits limits;
    limits.rows = 4096;
    limits.transaction_rows = 1024;
    limits.segments = 64;
    limits.vteps = 1024;
    limits.attachments = 256;
    limits.workers = 4;
    tables_ = must(Tables::make(limits));
    WorkerConfig config;
    config.local_vtep.address = ip(address);
    config.pool = pool();
    if (adjust)
        adjust(config);
    worker_ = must(Worker::make(*tables_, config));
    worker_->online();
}

Host::~Host()
{
    worker_->offline();
    CHECK(rte_mempool_in_use_count(pool()) == 0);
}

void Host::change(const std::function<void(Transaction&)>& changes)
{
    Transaction transaction(*tables_);
    changes(transaction);
    must(transaction.commit());
}

SegmentIndex Host::add_segment(std::uint32_t number, bool learning)
{
    SegmentIndex index{};
    change([&](Transaction& t) { index = must(t.add_segment(vni(number), learning)); });
    return index;
}

VtepId Host::add_vtep(const Ip4& remote, const Mac& next_hop, const std::function<void(AdjacencySpec&)>& adjust)
{
    AdjacencySpec spec;
    spec.next_hop = mac(next_hop);
    spec.source_mac = mac(port_mac);
    spec.source = ip(address);
    if (adjust)
        adjust(spec);
    VtepId id{};
    change([&](Transaction& t) { id = must(t.add_vtep(ip(remote), spec)); });
    return id;
}

AttachmentId Host::add_attachment(std::uint32_t number, std::vector<MacAddress> macs)
{
    AttachmentId id{};
    change([&](Transaction& t) { id = must(t.add_attachment(vni(number), std::move(macs))); });
    return id;
}

void Host::set_row(std::uint32_t number, const Mac& endpoint, Row row)
{
    change([&](Transaction& t) { must(t.set_row(vni(number), mac(endpoint), row)); });
}

void Host::set_flood(std::uint32_t number, const std::vector<Ip4>& remotes)
{
    std::vector<Ipv4Address> addresses;
    for (const Ip4& remote : remotes)
        addresses.push_back(ip(remote));
    change([&](Transaction& t) { must(t.set_flood(vni(number), std::move(addresses))); });
}

std::vector<Out> Host::taken()
{
    worker_->quiescent();
    return std::exchange(recorder_.taken, {});
}

std::vector<Out> Host::send_mbufs(AttachmentId from, std::vector<rte_mbuf*> frames)
{
    recorder_.peers.clear();
    worker_->from_attachment(from, frames.data(), static_cast<std::uint16_t>(frames.size()), now, recorder_);
    return taken();
}

std::vector<Out> Host::receive_mbufs(std::vector<rte_mbuf*> frames)
{
    recorder_.peers.clear();
    worker_->from_underlay(frames.data(), static_cast<std::uint16_t>(frames.size()), now, recorder_);
    return taken();
}

std::vector<Out> Host::send(AttachmentId from, const std::vector<Bytes>& frames)
{
    std::vector<rte_mbuf*> mbufs;
    for (const Bytes& frame : frames)
        mbufs.push_back(make_frame(frame));
    return send_mbufs(from, std::move(mbufs));
}

std::vector<Out> Host::receive(const std::vector<Bytes>& frames)
{
    std::vector<rte_mbuf*> mbufs;
    for (const Bytes& frame : frames)
        mbufs.push_back(make_frame(frame));
    return receive_mbufs(std::move(mbufs));
}

std::string Host::drops()
{
    std::string text;
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
        const std::uint64_t all = counters().drops[reason].get();
        const std::uint64_t fresh = all - std::exchange(seen_drops_[reason], all);
        if (fresh == 0)
            continue;
        text += text.empty() ? "" : " ";
        text += drop_texts[reason].name;
        text += fresh > 1 ? "*" + std::to_string(fresh) : "";
    }
    return text;
}

std::vector<LearnEvent> Host::learned()
{
    std::vector<LearnEvent> events(LearnQueue::capacity);
    events.resize(worker_->learned().pop(events.data(), events.size()));
    return events;
}

Vxlan outer_to(const Ip4& vtep, const Mac& next_hop, std::uint32_t number)
{
    Vxlan fields;
    fields.destination = next_hop;
    fields.source = Host::port_mac;
    fields.ip.flags_fragment = 0x4000;
    fields.ip.source = Host::address;
    fields.ip.destination = vtep;
    fields.vni = number;
    return fields;
}

Vxlan outer_from(const Ip4& vtep, std::uint32_t number)
{
    Vxlan fields;
    fields.destination = Host::port_mac;
    fields.source = {0x02, 0, 0, 0, 0x16, 0x02};
    fields.ip.source = vtep;
    fields.ip.destination = Host::address;
    fields.vni = number;
    return fields;
}

}  // namespace ferry::test
