// announce.bpf.c on interfaces of the kernel: what comes by a veth, or is sent to one, and what ferryd is told of it.
//
//     wire ── out ══ in ── (the program) ── the kernel's stack
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <thread>

#include <ferry/wire/announce.hpp>

#include "namespace.hpp"
#include "xdp/announcements.hpp"

using namespace ferryd;
using namespace ferry::wire;
using ferry::Ipv4Address;
using ferry::MacAddress;
using test::Namespace;
using test::Wire;
using Frame = std::vector<std::uint8_t>;

namespace {

const MacAddress vm{{0x02, 0, 0, 0, 0, 0x09}}, last{{0x02, 0, 0, 0, 0, 0xff}};
const auto ip = *Ipv4Address::parse("10.0.0.9"), other_ip = *Ipv4Address::parse("10.0.0.1");
const ferry::Ipv6Address ip6{{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}};
constexpr std::size_t type_at = 12, operation_at = 20, sender_ip_at = 28, target_ip_at = 38;
constexpr std::size_t next_header_at = 20, hop_limit_at = 21, destination_at = 38, icmp_at = 54, flags_at = 58;

template <typename Array>
Frame bytes(const Array& frame)
{
    return Frame(frame.begin(), frame.end());
}

Frame with(Frame frame, std::size_t at, std::initializer_list<std::uint8_t> bytes)
{
    std::copy(bytes.begin(), bytes.end(), frame.begin() + static_cast<std::ptrdiff_t>(at));
    return frame;
}

Frame tagged(Frame frame, std::uint16_t type)
{
    const std::uint8_t tag[] = {static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type), 0, 7};
    frame.insert(frame.begin() + type_at, std::begin(tag), std::end(tag));
    return frame;
}

std::int64_t monotonic()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

/// Only root may load programs and make namespaces; says so where we are not.
bool may_watch()
{
    const bpf_insn go_on[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, -1}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    const Descriptor program(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "go_on", "Apache-2.0", go_on, 2, nullptr));
    if (program.get() < 0)
        WARN("not checked: this process may load no BPF program (" << std::strerror(errno) << ")");
    return program.get() >= 0;
}

/// Frames are received in the order in which they were sent where all are sent on one CPU.
void stay_on_one_cpu()
{
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<unsigned>(sched_getcpu()), &cpus);
    REQUIRE(sched_setaffinity(0, sizeof(cpus), &cpus) == 0);
}

struct Host {
    Host()
    {
        stay_on_one_cpu();
        namespace_.veth("in", "out");
        wire.emplace("out");
        index = Wire("in").index();
        load();
    }

    void load(std::uint32_t most_interfaces = 4)
    {
        auto made = Announcements::load(most_interfaces, [this] { ++wakes; });
        INFO((made ? "" : made.error().sentence));
        REQUIRE(made);
        announcements = std::move(*made);
    }

    void watch(TcSide side = TcSide::received)
    {
        const auto watched = announcements->watch(index, side);
        INFO((watched ? "" : watched.error().sentence));
        REQUIRE(watched);
    }

    /// What is told of the frames, until the last one has been told of, which this adds.
    std::vector<announcement> told(const std::vector<Frame>& frames, const Wire& by)
    {
        for (const Frame& frame : frames)
            by.send(frame);
        by.send(make_rarp_request(last));
        std::vector<announcement> all;
        for (int i = 0; i < 10'000; ++i) {
            for (const announcement& one : announcements->take())
                all.push_back(one);
            if (!all.empty() && std::memcmp(all.back().mac, last.bytes.data(), 6) == 0) {
                all.pop_back();
                return all;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        FAIL("the last announcement is not told");
        return all;
    }
    std::vector<announcement> told(const std::vector<Frame>& frames) { return told(frames, *wire); }

    std::string filters() const { return namespace_.command("tc filter show dev in ingress"); }
    std::string hooks() const { return namespace_.command("tc qdisc show dev in"); }

    Namespace namespace_;
    std::optional<Wire> wire;
    int index = 0;
    std::atomic<int> wakes{0};
    std::unique_ptr<Announcements> announcements;
};

std::size_t count(const std::string& text, const std::string& word)
{
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++found;
    return found;
}

}  // namespace

TEST_CASE("announcements are told: who, how, where and when")
{
    if (!may_watch())
        return;
    Host host;
    host.watch();
    const std::int64_t before = monotonic();
    const auto told = host.told({bytes(make_rarp_request(vm)), bytes(make_gratuitous_arp_request(vm, ip)),
                                 bytes(make_gratuitous_arp_reply(vm, ip)), bytes(make_unsolicited_na(vm, ip6)),
                                 bytes(make_unsolicited_na(vm, ip6, true))});
    REQUIRE(told.size() == 5);
    const int kinds[] = {ANNOUNCED_BY_RARP, ANNOUNCED_BY_ARP, ANNOUNCED_BY_ARP, ANNOUNCED_BY_NA, ANNOUNCED_BY_NA};
    auto time = static_cast<std::uint64_t>(before);
    for (std::size_t i = 0; i < told.size(); ++i) {
        INFO(i);
        CHECK(told[i].kind == kinds[i]);
        CHECK(std::memcmp(told[i].mac, vm.bytes.data(), 6) == 0);
        CHECK(told[i].interface == static_cast<std::uint32_t>(host.index));
        CHECK(told[i].time >= time);
        time = told[i].time;
    }
    CHECK(time <= static_cast<std::uint64_t>(monotonic()));
    const UntoldAnnouncements untold = host.announcements->untold();
    CHECK(untold.lost == 0);
    CHECK(untold.limited == 0);
}

TEST_CASE("an announcement wakes whoever is to take it")
{
    if (!may_watch())
        return;
    Host host;
    host.watch();
    for (int round = 1; round <= 3; ++round) {
        INFO(round);
        host.wakes = 0;
        host.wire->send(make_rarp_request(vm));
        for (int i = 0; i < 10'000 && host.wakes == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        CHECK(host.wakes > 0);
        CHECK(host.announcements->take().size() == 1);
    }
}

TEST_CASE("what announces nothing is not told")
{
    if (!may_watch())
        return;
    Host host;
    host.watch();
    const Frame arp = bytes(make_gratuitous_arp_request(vm, ip)), rarp = bytes(make_rarp_request(vm));
    const Frame na = bytes(make_unsolicited_na(vm, ip6));
    const std::pair<const char*, Frame> frames[] = {
        {"a request for another's address", with(arp, target_ip_at, {10, 0, 0, 1})},
        {"a reply to it", with(with(arp, operation_at, {0, 2}), target_ip_at, {10, 0, 0, 1})},
        {"a probe (RFC 5227): the sender has no address", with(arp, sender_ip_at, {0, 0, 0, 0})},
        {"ARP without any address", with(with(arp, sender_ip_at, {0, 0, 0, 0}), target_ip_at, {0, 0, 0, 0})},
        {"ARP of other sizes", with(arp, 18, {8, 4})},
        {"an unknown operation of ARP", with(arp, operation_at, {0, 9})},
        {"a RARP server's reply", with(rarp, operation_at, {0, 4})},
        {"a RARP frame that is cut short", Frame(rarp.begin(), rarp.begin() + 40)},
        {"a solicitation", with(na, icmp_at, {135})},
        {"an advertisement that was asked for", with(na, flags_at, {0x60})},
        {"one to one node", with(na, destination_at, {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2})},
        {"one that has passed a router", with(na, hop_limit_at, {64})},
        {"UDP", with(na, next_header_at, {17})},
        {"IPv4", with(arp, type_at, {0x08, 0x00})},
        {"a frame from a group", with(rarp, 6, {0x03})},
        {"a frame from nobody", with(rarp, 6, {0, 0, 0, 0, 0, 0})},
    };
    std::vector<Frame> all;
    for (const auto& [what, frame] : frames)
        all.push_back(frame);
    const auto told = host.told(all);
    if (!told.empty()) {
        for (const auto& [what, frame] : frames) {
            INFO(what);
            CHECK(host.told({frame}).empty());
        }
    }
    CHECK(told.empty());
}

TEST_CASE("tags do not matter, whether the kernel keeps them beside the frame or not")
{
    if (!may_watch())
        return;
    Host host;
    std::vector<Frame> frames;
    for (const Frame& frame : {bytes(make_rarp_request(vm)), bytes(make_gratuitous_arp_request(vm, ip)),
                               bytes(make_unsolicited_na(vm, ip6))}) {
        frames.push_back(tagged(frame, 0x8100));
        frames.push_back(tagged(frame, 0x88a8));
    }
    SECTION("received: the outer tag is beside the frame")
    {
        host.watch();
        frames.push_back(tagged(tagged(bytes(make_rarp_request(vm)), 0x8100), 0x88a8));
        CHECK(host.told(frames).size() == 7);
        const Frame request = with(bytes(make_gratuitous_arp_request(vm, ip)), target_ip_at, {10, 0, 0, 1});
        CHECK(host.told({tagged(request, 0x8100)}).empty());
    }
    SECTION("sent: it is in the frame")
    {
        host.watch(TcSide::sent);
        CHECK(host.told(frames, Wire("in")).size() == 6);
    }
}

TEST_CASE("one side of an interface is seen, and not the other")
{
    if (!may_watch())
        return;
    Host host;
    host.watch(TcSide::sent);
    const Wire in("in");
    host.wire->send(make_rarp_request(vm));
    const auto told = host.told({bytes(make_gratuitous_arp_request(vm, ip))}, in);
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == ANNOUNCED_BY_ARP);
}

TEST_CASE("what is seen goes on as it is, and other interfaces' frames are not seen")
{
    if (!may_watch())
        return;
    Host host;
    host.watch();
    const Wire stack("in", ether_type::rarp);
    CHECK(host.told({bytes(make_rarp_request(vm))}).size() == 1);
    CHECK(stack.receive() == bytes(make_rarp_request(vm)));
    host.announcements->forget(host.index);
    CHECK(host.announcements->watch(Wire("out").index(), TcSide::received));
    host.wire->send(make_rarp_request(vm));
    CHECK(stack.receive() == bytes(make_rarp_request(last)));
    CHECK(stack.receive() == bytes(make_rarp_request(vm)));
    CHECK(host.told({}, Wire("in")).empty());
}

TEST_CASE("an interface that announces too much is told of less, and counted")
{
    if (!may_watch())
        return;
    Host host;
    host.watch();
    constexpr std::size_t sent = 1'000;
    const Wire stack("in", ether_type::rarp);
    const std::int64_t before = monotonic();
    for (std::size_t i = 0; i < sent; ++i)
        host.wire->send(make_rarp_request(vm));
    std::size_t received = 0;
    while (received < sent && !stack.receive().empty())
        ++received;
    CHECK(received == sent);
    const std::size_t seconds = static_cast<std::size_t>((monotonic() - before) / 1'000'000'000) + 2;
    const std::size_t told = host.announcements->take().size();
    const UntoldAnnouncements untold = host.announcements->untold();
    CHECK(told >= ANNOUNCEMENTS_EACH_SECOND);
    CHECK(told <= seconds * ANNOUNCEMENTS_EACH_SECOND);
    CHECK(told + untold.limited == sent);
    CHECK(untold.lost == 0);
}

TEST_CASE("when nobody takes them, announcements are counted as lost, and told again afterwards")
{
    if (!may_watch())
        return;
    constexpr std::uint32_t interfaces = 30;  // each may have 100 in the ring, which has room for 2,048
    Host host;
    host.load(interfaces);
    std::vector<int> indexes;
    for (std::uint32_t i = 0; i < interfaces; ++i) {
        const std::string name = "d" + std::to_string(i);
        host.namespace_.command("ip link add " + name + " type veth peer name p" + name + " && ip link set " + name +
                                " addrgenmode none up && ip link set p" + name + " addrgenmode none up");
        const Wire wire(name);
        REQUIRE(host.announcements->watch(wire.index(), TcSide::sent));
        for (int n = 0; n < ANNOUNCEMENTS_EACH_SECOND; ++n)
            wire.send(make_rarp_request(vm));
        indexes.push_back(wire.index());
    }
    const std::size_t told = host.announcements->take().size();
    const UntoldAnnouncements untold = host.announcements->untold();
    CHECK(told <= Announcements::plenty);
    CHECK(untold.lost > 0);
    CHECK(told + untold.lost + untold.limited == interfaces * std::size_t{ANNOUNCEMENTS_EACH_SECOND});
    CHECK_FALSE(host.announcements->watch(host.index, TcSide::received));  // there is no room for another
    host.announcements->forget(indexes[0]);
    host.watch();
    CHECK(host.told({bytes(make_rarp_request(vm))}).size() == 1);
}

TEST_CASE("nothing is left on an interface that is not watched any more")
{
    if (!may_watch())
        return;
    Host host;
    const std::string before = host.hooks();
    host.watch();
    CHECK(count(host.filters(), "name ferry_announce") == 1);
    CHECK_FALSE(host.announcements->watch(host.index, TcSide::received));
    SECTION("by itself") { host.announcements->forget(host.index); }
    SECTION("with everything") { host.announcements.reset(); }
    CHECK(count(host.filters(), "name ferry_announce") == 0);
    CHECK(host.hooks() == before);
}

TEST_CASE("the program of a ferryd that was killed is replaced")
{
    if (!may_watch())
        return;
    Host host;
    const std::string before = host.hooks();
    const pid_t killed = fork();
    if (killed == 0) {
        auto made = Announcements::load(1, [] {});
        _exit(made && (*made)->watch(host.index, TcSide::received) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(killed, &status, 0) == killed);
    REQUIRE(status == 0);
    CHECK(count(host.filters(), "name ferry_announce") == 1);
    host.watch();
    CHECK(count(host.filters(), "name ferry_announce") == 1);
    CHECK(host.told({bytes(make_rarp_request(vm))}).size() == 1);
    host.announcements.reset();
    CHECK(host.hooks() == before);
}

TEST_CASE("others' filters stay, and one in ferry's place is not replaced")
{
    if (!may_watch())
        return;
    Host host;
    const bpf_insn go_on[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, -1}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    const Descriptor program(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "go_on", "Apache-2.0", go_on, 2, nullptr));
    bpf_tc_hook hook{};
    hook.sz = sizeof(hook);
    hook.ifindex = host.index;
    hook.attach_point = BPF_TC_INGRESS;
    bpf_tc_opts options{};
    options.sz = sizeof(options);
    options.prog_fd = program.get();
    SECTION("beside it")
    {
        host.watch();
        options.priority = 5;
        options.handle = 1;
        REQUIRE(bpf_tc_attach(&hook, &options) == 0);
        CHECK(host.told({bytes(make_rarp_request(vm))}).size() == 1);
        host.announcements.reset();
        CHECK(count(host.filters(), "name ferry_announce") == 0);
        CHECK(count(host.filters(), "name go_on") == 1);
    }
    SECTION("in its place")
    {
        REQUIRE(bpf_tc_hook_create(&hook) == 0);
        options.priority = 1;
        options.handle = 0xfe77;
        REQUIRE(bpf_tc_attach(&hook, &options) == 0);
        const auto watched = host.announcements->watch(host.index, TcSide::received);
        REQUIRE(!watched);
        CHECK(watched.error().code == ferry::ErrorCode::already_exists);
        host.announcements.reset();
        CHECK(count(host.filters(), "name go_on") == 1);
    }
}
