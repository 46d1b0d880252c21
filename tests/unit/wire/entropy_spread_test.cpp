// How well flows that differ little spread over ports. The hash has no key, so every figure here is the same in each
// run.
#include <catch2/catch.hpp>

#include <functional>
#include <random>

#include <ferry/wire/entropy.hpp>

#include "frames.hpp"

using namespace ferry;
using namespace ferry::test;
using namespace ferry::wire;

namespace {

Bytes base_frame(std::uint16_t type)
{
    if (type == ether_type::ipv4) {
        Ipv4Header ip;
        ip.protocol = ip_protocol::tcp;
        ip.source = ipv4("10.0.0.1");
        ip.destination = ipv4("10.0.0.2");
        return concat({ethernet_start(Tags::none, type), ipv4_packet(ip, udp_datagram(1024, 443, Bytes(12, 0)))});
    }
    if (type == ether_type::ipv6) {
        Ipv6Header ip;
        ip.next_header = ip_protocol::tcp;
        ip.source = ipv6("fd00:100::1");
        ip.destination = ipv6("fd00:100::2");
        return concat({ethernet_start(Tags::none, type), ipv6_packet(ip, udp_datagram(1024, 443, Bytes(12, 0)))});
    }
    return concat({ethernet_start(Tags::none, type), Bytes(46, 0)});
}

void add_at(Bytes& frame, std::size_t offset, std::uint32_t number, unsigned shift = 0)
{
    auto& field = header_at<be32>(frame.data() + offset);
    field = be32{field.host() + (number << shift)};
}

struct Pattern {
    const char* name;
    std::uint16_t type;
    std::function<void(Bytes&, std::uint32_t)> vary;
};

const Pattern patterns[] = {
    {"IPv4 source ports in sequence", ether_type::ipv4, [](Bytes& f, std::uint32_t i) { add_at(f, 34, i, 16); }},
    {"IPv4 destination ports in sequence", ether_type::ipv4, [](Bytes& f, std::uint32_t i) { add_at(f, 34, i); }},
    {"IPv4 even source ports, as Linux picks them", ether_type::ipv4,
     [](Bytes& f, std::uint32_t i) { add_at(f, 34, i, 17); }},
    {"IPv4 sources in sequence", ether_type::ipv4, [](Bytes& f, std::uint32_t i) { add_at(f, 26, i); }},
    {"IPv4 destinations in sequence", ether_type::ipv4, [](Bytes& f, std::uint32_t i) { add_at(f, 30, i); }},
    {"IPv4 pairs of neighbours", ether_type::ipv4,
     [](Bytes& f, std::uint32_t i) { add_at(f, 26, 2 * i), add_at(f, 30, 2 * i); }},
    {"IPv4 sources a /24 apart", ether_type::ipv4, [](Bytes& f, std::uint32_t i) { add_at(f, 26, i, 8); }},
    {"IPv6 source ports in sequence", ether_type::ipv6, [](Bytes& f, std::uint32_t i) { add_at(f, 54, i, 16); }},
    {"IPv6 sources in sequence", ether_type::ipv6, [](Bytes& f, std::uint32_t i) { add_at(f, 34, i); }},
    {"IPv6 sources a /64 apart", ether_type::ipv6, [](Bytes& f, std::uint32_t i) { add_at(f, 26, i); }},
    {"IPv6 destinations in sequence", ether_type::ipv6, [](Bytes& f, std::uint32_t i) { add_at(f, 50, i); }},
    {"IPv6 pairs of neighbours", ether_type::ipv6,
     [](Bytes& f, std::uint32_t i) { add_at(f, 34, 2 * i), add_at(f, 50, 2 * i); }},
    {"source MACs in sequence", 0x88b5, [](Bytes& f, std::uint32_t i) { add_at(f, 8, i); }},
    {"destination MACs in sequence", 0x88b5, [](Bytes& f, std::uint32_t i) { add_at(f, 2, i); }},
};

/// Bits of the frame that belong to its flow, as first bit and number of bits.
struct Field {
    std::size_t first;
    std::size_t count;
};

}  // namespace

TEST_CASE("flows that differ by counting fill 64 equal slices of the range evenly")
{
    constexpr std::uint32_t flows = 16384;
    constexpr std::size_t slices = 64;
    for (const Pattern& pattern : patterns) {
        std::array<std::uint32_t, slices> count{};
        for (std::uint32_t i = 0; i < flows; ++i) {
            Bytes frame = base_frame(pattern.type);
            pattern.vary(frame, i);
            const std::uint16_t port = entropy_port(flow_hash(frame.data(), frame.size()));
            ++count[static_cast<std::size_t>(port - 49152) * slices / 16384];
        }
        constexpr double expected = double{flows} / slices;
        double chi_squared = 0;
        for (const std::uint32_t n : count)
            chi_squared += (n - expected) * (n - expected) / expected;
        INFO(pattern.name);
        CHECK(chi_squared < 120);  // 63 degrees of freedom: mean 63, standard deviation 11.2
    }
}

TEST_CASE("few flows rarely share a port")
{
    // 128 flows over 16,384 ports: 0.5 pairs share one by chance.
    for (const Pattern& pattern : patterns) {
        std::vector<bool> taken(65536);
        int shared = 0;
        for (std::uint32_t i = 0; i < 128; ++i) {
            Bytes frame = base_frame(pattern.type);
            pattern.vary(frame, i);
            const std::uint16_t port = entropy_port(flow_hash(frame.data(), frame.size()));
            shared += taken[port];
            taken[port] = true;
        }
        INFO(pattern.name);
        CHECK(shared <= 4);
    }
}

TEST_CASE("each bit of a flow changes each bit of its hash about every second time")
{
    const auto [type, fields] = GENERATE(table<std::uint16_t, std::vector<Field>>({
        {ether_type::ipv4, {{26 * 8, 64}, {34 * 8, 32}}},
        {ether_type::ipv6, {{22 * 8, 256}, {54 * 8, 32}}},
        {std::uint16_t{0x88b5}, {{0, 96}}},
    }));
    constexpr int samples = 4096;
    std::mt19937 random(8);
    std::vector<Bytes> frames;
    for (int i = 0; i < samples; ++i) {
        Bytes frame = base_frame(type);
        for (const Field& field : fields)
            for (std::size_t byte = field.first / 8; byte < (field.first + field.count) / 8; ++byte)
                frame[byte] = static_cast<std::uint8_t>(random());
        frames.push_back(frame);
    }
    for (const Field& field : fields) {
        for (std::size_t bit = field.first; bit < field.first + field.count; ++bit) {
            std::array<int, 32> changed{};
            for (Bytes& frame : frames) {
                const std::uint32_t before = flow_hash(frame.data(), frame.size());
                frame[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
                const std::uint32_t difference = before ^ flow_hash(frame.data(), frame.size());
                for (std::size_t i = 0; i < 32; ++i)
                    changed[i] += static_cast<int>(difference >> i & 1);
            }
            for (std::size_t i = 0; i < 32; ++i)
                if (changed[i] < samples * 45 / 100 || changed[i] > samples * 55 / 100)
                    FAIL("input bit " << bit << " changes output bit " << i << " " << changed[i] << " times in "
                                      << samples);
        }
    }
    SUCCEED("all within 45 and 55 in a hundred");
}
