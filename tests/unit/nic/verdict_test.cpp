// A frame that came back is compared with what was to come, byte by byte.
#include <catch2/catch.hpp>

#include <set>
#include <vector>

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/vxlan.hpp>

#include "traffic/verdict.hpp"

using namespace ferry::bench;
using ferry::Ipv4Address;
using ferry::MacAddress;
using ferry::Vni;
using Bytes = std::vector<std::uint8_t>;
namespace wire = ferry::wire;

namespace {

Plan plan_of(Traffic traffic)
{
    Plan plan;
    plan.traffic = traffic;
    plan.flows = 1000;
    plan.endpoints = 100;
    plan.segments = 10;
    plan.remotes = 7;
    plan.vtep = Ipv4Address::from_host(0xac10'0001);
    plan.first_remote = Ipv4Address::from_host(0xac10'0002);
    plan.vtep_mac = MacAddress::from_u48(0x0200'0000'0001);
    plan.remote_mac = MacAddress::from_u48(0x0200'0000'0002);
    plan.first_endpoint = MacAddress::from_u48(0x0210'0000'0000);
    plan.first_host = MacAddress::from_u48(0x0220'0000'0000);
    return plan;
}

Bytes plain_frame(const Plan& plan, const Probe& probe, std::size_t length)
{
    Bytes frame(length);
    write_plain_header(plan, probe.flow, length, frame.data());
    write_probe(probe, frame.data() + plain_header_size);
    const auto rest = filler(length - plain_header_size - sizeof(ProbeHeader));
    std::copy(rest.begin(), rest.end(), frame.begin() + static_cast<std::ptrdiff_t>(length - rest.size()));
    return frame;
}

/// What a VTEP makes of a plain frame: the tester's own outer header with the addresses the other way.
Bytes encapsulated(const Plan& plan, const Probe& probe, const Bytes& inner)
{
    Bytes frame(outer_header_size);
    write_outer_header(plan, probe.flow, inner.size(), frame.data());
    auto& ip = wire::header_at<wire::Ipv4Header>(frame.data() + 14);
    std::swap(ip.source, ip.destination);
    frame.insert(frame.end(), inner.begin(), inner.end());
    return frame;
}

const Probe probe{3, 456, 789, 123'456'789};

}  // namespace

TEST_CASE("a frame that came as it should is good, and its probe known")
{
    for (const std::size_t length : {60u, 61u, 566u, 1514u, 8996u}) {
        const Bytes inner = plain_frame(plan_of(Traffic::encap), probe, length);
        for (const Traffic traffic : {Traffic::encap, Traffic::decap, Traffic::plain}) {
            const Plan plan = plan_of(traffic);
            const Judgement judgement =
                judge(plan, traffic == Traffic::encap ? encapsulated(plan, probe, inner) : inner);
            CHECK(judgement.verdict == Verdict::good);
            CHECK(judgement.probe == probe);
        }
    }
}

TEST_CASE("every changed bit of an inner frame is noticed")
{
    const Plan plan = plan_of(Traffic::encap);
    const Bytes inner = plain_frame(plan, probe, 100);
    for (std::size_t bit = 0; bit < inner.size() * 8; ++bit) {
        Bytes changed = inner;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        const bool checksum = bit / 8 == 40 || bit / 8 == 41;  // of UDP, which a device may fill in
        INFO("bit " << bit);
        CHECK((judge(plan, encapsulated(plan, probe, changed)).verdict == Verdict::good) == checksum);
        CHECK((judge(plan_of(Traffic::decap), changed).verdict == Verdict::good) == checksum);
    }
}

TEST_CASE("a changed payload is corrupted, and so is a frame that was cut or lengthened")
{
    const Plan plan = plan_of(Traffic::decap);
    Bytes frame = plain_frame(plan, probe, 100);
    frame.back() ^= 1;
    CHECK(judge(plan, frame).verdict == Verdict::corrupted);
    frame = plain_frame(plan, probe, 100);
    frame.pop_back();
    CHECK(judge(plan, frame).verdict == Verdict::corrupted);
    frame = plain_frame(plan, probe, 100);
    frame.push_back(0);
    CHECK(judge(plan, frame).verdict == Verdict::corrupted);
}

TEST_CASE("a router may change addresses and TTL of plain traffic, and nothing behind")
{
    const Plan plan = plan_of(Traffic::plain);
    Bytes frame = plain_frame(plan, probe, 100);
    frame[0] ^= 0x12;
    frame[8] ^= 0x34;
    --wire::header_at<wire::Ipv4Header>(frame.data() + 14).ttl;
    frame[24] ^= 1;
    CHECK(judge(plan, frame).verdict == Verdict::good);
    CHECK(judge(plan_of(Traffic::decap), frame).verdict == Verdict::corrupted);
    frame[30] ^= 1;  // the destination address
    CHECK(judge(plan, frame).verdict == Verdict::corrupted);
}

TEST_CASE("each fault of an outer header has its name")
{
    const Plan plan = plan_of(Traffic::encap);
    const Bytes inner = plain_frame(plan, probe, 100);
    const auto with = [&](auto change) {
        Bytes frame = encapsulated(plan, probe, inner);
        auto& ip = wire::header_at<wire::Ipv4Header>(frame.data() + 14);
        change(ip, wire::header_at<wire::UdpHeader>(frame.data() + 34),
               wire::header_at<wire::VxlanHeader>(frame.data() + 42));
        ip.checksum = wire::ipv4_header_checksum(ip);
        return judge(plan, frame).verdict;
    };
    CHECK(with([](auto&, auto&, auto&) {}) == Verdict::good);
    CHECK(with([](auto&, auto& udp, auto&) { udp.source_port = wire::be16{50'000}; }) == Verdict::good);
    CHECK(with([](auto&, auto& udp, auto&) { udp.destination_port = wire::be16{8472}; }) == Verdict::wrong_port);
    CHECK(with([](auto&, auto&, auto& vxlan) { vxlan = wire::VxlanHeader::make(*Vni::make(5)); }) ==
          Verdict::wrong_vni);
    CHECK(with([](auto&, auto&, auto& vxlan) { vxlan.flags = 0; }) == Verdict::bad_outer);
    CHECK(with([](auto& ip, auto&, auto&) { ip.destination = Ipv4Address::from_host(1); }) == Verdict::wrong_remote);
    CHECK(with([](auto& ip, auto&, auto&) { ip.source = Ipv4Address::from_host(1); }) == Verdict::bad_outer);
    CHECK(with([](auto& ip, auto&, auto&) { ip.total_length = wire::be16{99}; }) == Verdict::bad_outer);
    CHECK(with([](auto&, auto& udp, auto&) { udp.length = wire::be16{99}; }) == Verdict::bad_outer);
    Bytes wrong_checksum = encapsulated(plan, probe, inner);
    wrong_checksum[24] ^= 1;
    CHECK(judge(plan, wrong_checksum).verdict == Verdict::bad_outer);
}

TEST_CASE("a frame that was not encapsulated, or not decapsulated, is told")
{
    const Bytes inner = plain_frame(plan_of(Traffic::encap), probe, 100);
    CHECK(judge(plan_of(Traffic::encap), inner).verdict == Verdict::not_vxlan);
    CHECK(judge(plan_of(Traffic::encap), plain_frame(plan_of(Traffic::encap), probe, 200)).verdict ==
          Verdict::not_vxlan);
    CHECK(judge(plan_of(Traffic::decap), encapsulated(plan_of(Traffic::encap), probe, inner)).verdict ==
          Verdict::not_vxlan);
}

TEST_CASE("other traffic is not the tester's, whatever it is and however short")
{
    Bytes arp(60);
    arp[12] = 8;
    arp[13] = 6;
    for (const Traffic traffic : {Traffic::encap, Traffic::decap, Traffic::plain}) {
        const Plan plan = plan_of(traffic);
        CHECK(judge(plan, arp).verdict == Verdict::other);
        Bytes frame = encapsulated(plan_of(Traffic::encap), probe, plain_frame(plan, probe, 200));
        while (!frame.empty()) {
            frame.pop_back();
            CHECK(judge(plan, frame).verdict != Verdict::good);
        }
        Bytes dns = plain_frame(plan, probe, 100);
        dns[37] = 53;
        dns[50] ^= 1;
        CHECK(judge(plan, dns).verdict == Verdict::other);
    }
}

TEST_CASE("every flow comes once a round")
{
    for (const std::uint32_t flows : {1u, 2u, 3u, 10u, 1000u, 1024u, 65'536u}) {
        FlowOrder order(flows);
        for (int round = 0; round < 2; ++round) {
            std::set<std::uint32_t> seen;
            for (std::uint32_t i = 0; i < flows; ++i)
                seen.insert(order.next());
            CHECK(seen.size() == flows);
            CHECK(*seen.rbegin() == flows - 1);
        }
    }
}
