#include "mixture.hpp"

#include <array>

namespace ferry::test {
namespace {

Mac endpoint(std::size_t last) { return {0x52, 0x54, 0, 0, 0, static_cast<std::uint8_t>(last)}; }

/// Of the mixture's endpoints, unknown ones, groups and broadcast.
Mac random_mac(Random& random)
{
    switch (below(random, 12)) {
    case 0: return {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    case 1: return {0x33, 0x33, 0, 0, 0, 1};
    case 2: return endpoint(0x60 + below(random, 4));
    default: return endpoint(1 + below(random, 6));
    }
}

Bytes random_packet(Random& random, std::uint16_t& type, std::uint32_t mark)
{
    const Bytes data = join({pattern(below(random, 200)), u32(mark)});
    const auto tos = static_cast<std::uint8_t>(below(random, 256));
    const auto flow = static_cast<std::uint16_t>(below(random, 8));
    switch (below(random, 4)) {
    case 0: {
        type = 0x86dd;
        Ipv6 fields;
        fields.traffic_class = tos;
        return ipv6(fields, udp(flow, 53, data));
    }
    case 1: type = static_cast<std::uint16_t>(below(random, 0x10000)); return data;
    default: {
        type = 0x0800;
        Ipv4 fields;
        fields.tos = tos;
        fields.flags_fragment = static_cast<std::uint16_t>(below(random, 8) == 0 ? 0x2005 : 0x4000);
        fields.destination = {10, 0, 0, static_cast<std::uint8_t>(flow)};
        return ipv4(fields, udp(flow, 53, data));
    }
    }
}

}  // namespace

std::size_t below(Random& random, std::size_t bound)
{
    return random() % bound;  // a little uneven, and the same everywhere, which std::uniform_int_distribution is not
}

Mixture::Mixture()
{
    add_segment(100, true);
    add_segment(200, false);
    const auto vtep = [&](std::uint8_t last, std::uint16_t underlay, std::uint16_t mtu) {
        return add_vtep({172, 16, 0, last}, {2, 0, 0, 0, 0, last}, [&](AdjacencySpec& spec) {
            spec.underlay = UnderlayId{underlay};
            spec.mtu = mtu;
        });
    };
    near = vtep(2, 0, 1600), second = vtep(3, 1, 1600), narrow = vtep(4, 0, 200);
    set_flood(100, {{172, 16, 0, 2}, {172, 16, 0, 3}, {172, 16, 0, 4}});
    set_flood(200, {{172, 16, 0, 3}});
    web = add_attachment(100, {mac(endpoint(1)), mac(endpoint(0x11))});
    db = add_attachment(100, {mac(endpoint(2))});
    open = add_attachment(100, {});
    other = add_attachment(200, {mac(endpoint(1))});
    set_row(100, endpoint(1), Row::local(web, RowOrigin::endpoint));
    set_row(100, endpoint(2), Row::local(db, RowOrigin::endpoint));
    set_row(200, endpoint(1), Row::local(other, RowOrigin::endpoint));
    set_row(100, endpoint(3), Row::remote(near, RowOrigin::learned));
    set_row(100, endpoint(4), Row::remote(second, RowOrigin::permanent));
    set_row(100, endpoint(5), Row::remote(narrow, RowOrigin::permanent));
    set_row(100, endpoint(6), Row::blackhole(RowOrigin::permanent));
}

void Mixture::begin_moves()
{
    const FdbKey web_key{tables().segments().newest(vni(100))->index, mac(endpoint(1))};
    for (const std::uint32_t label : {0xf00010u, 0xf00011u})
        must(tables().labels().set(vni(label), web_key));
    const FdbKey far_key{web_key.segment(), mac(endpoint(3))};
    must(tables().labels().set(vni(0xf00013), far_key));
    set_row(100, endpoint(1), Row::gated(web, RowOrigin::endpoint));
    set_row(100, endpoint(2), Row::relaying(second, RowOrigin::endpoint, vni(0xf00021)));
    set_row(100, endpoint(3), Row::relaying(near, RowOrigin::endpoint));
    const DetourExit exit{mac(endpoint(2)), second, narrow, vni(100)};
    must(tables().labels().set(vni(0xf00015), must(tables().exits().open(exit))));
    change([&](Transaction& t) {
        must(t.set_detours(web, {{mac(endpoint(1)), near, second, vni(0xf00025)},
                                 {mac(endpoint(0x11)), second, narrow, vni(0xf00027)}}));
    });
    const auto turning = [&](const Turn& turn) {
        return Row::turning(must(tables().turns().begin(turn)), RowOrigin::endpoint);
    };
    set_row(100, endpoint(4), turning({.via = near, .to = second, .stream = 1, .relay_label = own_vni}));
    set_row(100, endpoint(5), turning({.gate = db, .to = narrow, .stream = 2}));
}

Bytes random_inner(Random& random, std::uint32_t mark)
{
    std::uint16_t type = 0;
    Bytes packet = random_packet(random, type, mark);
    for (std::size_t tags = below(random, 8) / 5; tags > 0; --tags) {
        packet = join({u16(static_cast<std::uint32_t>(below(random, 4096))), u16(type), packet});
        type = 0x8100;
    }
    return ethernet(random_mac(random), random_mac(random), type, packet);
}

Bytes random_outer(Random& random, std::uint32_t mark)
{
    Vxlan fields =
        outer_from({172, 16, 0, static_cast<std::uint8_t>(2 + below(random, 4))}, below(random, 3) == 0 ? 200 : 100);
    fields.with_udp_checksum = below(random, 2) == 0;
    fields.ip.tos = static_cast<std::uint8_t>(below(random, 256));
    fields.source_port = static_cast<std::uint16_t>(below(random, 0x10000));
    fields.padding = Bytes(below(random, 4) == 0 ? below(random, 40) : 0);
    switch (below(random, 32)) {
    case 0: fields.port = 53; break;
    case 1: fields.vni = 300; break;
    case 2: fields.flags = static_cast<std::uint8_t>(below(random, 256)); break;
    case 3: fields.ip.destination[3] = 77; break;
    case 4: fields.ip.protocol = 6; break;
    case 5: fields.ip.flags_fragment = static_cast<std::uint16_t>(below(random, 0x10000)); break;
    case 6: fields.ip.checksum = 1; break;
    case 7: fields.udp_checksum = 1; break;
    case 8: fields.type = 0x0806; break;
    case 9: fields.ip.version_ihl = 0x46, fields.ip.options = Bytes(4); break;
    default: break;
    }
    return vxlan(fields, random_inner(random, mark));
}

Bytes random_moving_outer(Random& random, std::uint32_t mark)
{
    Bytes frame = random_outer(random, mark);
    if (below(random, 2) == 0) {
        const auto last = static_cast<std::uint8_t>(0x10 + below(random, 6));
        frame = with(with(frame, 40, {0, 0}), 46, {0xf0, 0, last});  // without a UDP checksum
    }
    if (below(random, 4) == 0)
        frame = with(with(frame, 40, {0, 0}), 42, {static_cast<std::uint8_t>(0x08 | below(random, 256))});
    if (below(random, 8) == 0) {
        frame = with(with(frame, 22, {static_cast<std::uint8_t>(below(random, 3))}), 24, {0, 0});
        frame = with(frame, 24, u16(naive_checksum({frame.begin() + 14, frame.begin() + 34})));
    }
    return frame;
}

Bytes mutate(Random& random, Bytes frame)
{
    const auto any_byte = [&] { return static_cast<std::uint8_t>(below(random, 256)); };
    for (std::size_t changes = 1 + below(random, 4); changes > 0; --changes) {
        const std::size_t size = frame.size();
        // Headers are where it hurts: most changes go to the first bytes.
        const std::size_t at =
            size == 0 ? 0 : below(random, below(random, 4) == 0 ? size : std::min<std::size_t>(size, 80));
        switch (below(random, 6)) {
        case 0:
            if (size != 0)
                frame[at] ^= static_cast<std::uint8_t>(1u << below(random, 8));
            break;
        case 1:
            if (size != 0)
                frame[at] = any_byte();
            break;
        case 2: frame.resize(below(random, size + 1)); break;
        case 3: frame.resize(size + below(random, 30), any_byte()); break;
        case 4:  // lengths and other numbers at the edge of what is right
            if (size >= 2)
                frame[std::min(at, size - 2) + 1] =
                    static_cast<std::uint8_t>(frame[std::min(at, size - 2) + 1] + 1 - 2 * below(random, 2));
            break;
        default: frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(at), any_byte()); break;
        }
    }
    if (frame.size() > 1900)
        frame.resize(1900);
    return frame;
}

}  // namespace ferry::test
