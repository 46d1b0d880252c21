// steer.bpf.c in the kernel, without an interface: frames in, verdicts out (BPF_PROG_TEST_RUN).
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <catch2/catch.hpp>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "../wire/capture.hpp"
#include "socket.hpp"
#include "xdp/trial.hpp"
#include "xdp/vtep_map.hpp"

using namespace ferryd;
using ferry::test::Bytes;

namespace {

const auto a = *ferry::Ipv4Address::parse("172.16.0.1"), b = *ferry::Ipv4Address::parse("172.16.0.2");
constexpr std::size_t ip_at = 14;

/// The program as a driver loads it, with a socket for queue 0 unless it is to have none.
class Loaded {
public:
    explicit Loaded(bool with_socket = true)
    {
        object_.reset(bpf_object__open_file(FERRY_STEER_OBJECT, nullptr));
        REQUIRE(object_ != nullptr);
        const int result = bpf_object__load(object_.get());
        INFO(std::strerror(-result));
        REQUIRE(result == 0);
        program_ = bpf_program__fd(bpf_object__find_program_by_name(object_.get(), "ferry_steer"));
        if (with_socket)
            put_socket();
    }

    VtepMap vteps() const { return VtepMap{bpf_object__find_map_fd_by_name(object_.get(), "vteps")}; }

    void put_socket()
    {
        socket_ = std::make_unique<test::XdpSocket>();
        const int fd = socket_->descriptor();
        REQUIRE(bpf_map_update_elem(bpf_object__find_map_fd_by_name(object_.get(), "xsks_map"), &queue, &fd, BPF_ANY) == 0);
    }
    void close_socket() { socket_.reset(); }

    /// "ferry", "kernel", or the number of another verdict.
    std::string owner_of(const Bytes& frame) const
    {
        const auto verdict = trial_verdict(program_, frame);
        REQUIRE(verdict);
        return *verdict == XDP_REDIRECT ? "ferry" : *verdict == XDP_PASS ? "kernel" : std::to_string(*verdict);
    }

private:
    static constexpr int queue = 0;
    struct Close {
        void operator()(bpf_object* object) const noexcept { bpf_object__close(object); }
    };
    std::unique_ptr<bpf_object, Close> object_;
    std::unique_ptr<test::XdpSocket> socket_;
    int program_ = -1;
};

/// Only root may load programs; says so where we are not.
bool may_load()
{
    const bpf_insn pass[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    const Descriptor program(bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "Apache-2.0", pass, 2, nullptr));
    if (program.get() < 0)
        WARN("not checked: this process may load no BPF program (" << std::strerror(errno) << ")");
    return program.get() >= 0;
}

/// VXLAN from A to B, as Linux sent it.
Bytes vxlan_to_b()
{
    for (const Bytes& frame : ferry::test::read_capture("vxlan-ipv4")) {
        if (std::memcmp(frame.data() + ip_at + 16, &b, sizeof(b)) == 0)
            return frame;
    }
    FAIL("the capture has no frame to B");
    return {};
}

Bytes with(Bytes frame, std::size_t at, std::initializer_list<std::uint8_t> bytes)
{
    std::copy(bytes.begin(), bytes.end(), frame.begin() + static_cast<std::ptrdiff_t>(at));
    return frame;
}

Bytes with_inserted(Bytes frame, std::size_t at, std::initializer_list<std::uint8_t> bytes)
{
    frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(at), bytes);
    return frame;
}

Bytes tagged(const Bytes& frame, std::uint8_t high, std::uint8_t low)
{
    return with_inserted(frame, 12, {high, low, 0x00, 0x64});
}

}  // namespace

TEST_CASE("VXLAN to a VTEP of this host is ferry's, with and without a VLAN tag; to another address or port it is the kernel's")
{
    if (!may_load())
        return;
    const Loaded program;
    REQUIRE(program.vteps().add(vtep_key_of(b, 4789)));
    for (const char* name : {"vxlan-ipv4", "vxlan-ipv6", "vxlan-vlan", "vxlan-fragments"}) {
        for (const Bytes& frame : ferry::test::read_capture(name)) {
            const bool to_b = std::memcmp(frame.data() + ip_at + 16, &b, sizeof(b)) == 0;
            CHECK(program.owner_of(frame) == (to_b ? "ferry" : "kernel"));
        }
    }
    const Bytes frame = vxlan_to_b();
    CHECK(program.owner_of(tagged(frame, 0x81, 0x00)) == "ferry");
    CHECK(program.owner_of(tagged(frame, 0x88, 0xa8)) == "ferry");
    CHECK(program.owner_of(tagged(tagged(frame, 0x81, 0x00), 0x88, 0xa8)) == "kernel");
    CHECK(program.owner_of(with(frame, ip_at + 19, {3})) == "kernel");           // 172.16.0.3
    CHECK(program.owner_of(with(frame, ip_at + 22, {0x12, 0xb6})) == "kernel");  // port 4790
}

TEST_CASE("Fragments, IP options, what is not UDP over IP, and what is cut short are the kernel's")
{
    if (!may_load())
        return;
    const Loaded program;
    REQUIRE(program.vteps().add(vtep_key_of(b, 4789)));
    const Bytes frame = vxlan_to_b();
    REQUIRE(program.owner_of(frame) == "ferry");
    CHECK(program.owner_of(with(frame, ip_at + 6, {0x40, 0x00})) == "ferry");   // "don't fragment"
    CHECK(program.owner_of(with(frame, ip_at + 6, {0x20, 0x00})) == "kernel");  // the first fragment
    CHECK(program.owner_of(with(frame, ip_at + 6, {0x00, 0x08})) == "kernel");  // a later one
    CHECK(program.owner_of(with(with_inserted(frame, ip_at + 20, {1, 1, 1, 1}), ip_at, {0x46})) == "kernel");
    constexpr std::uint8_t lengths[] = {0x40, 0x44, 0x46, 0x4f};
    for (const std::uint8_t length : lengths)  // the options look like a UDP header here
        CHECK(program.owner_of(with(frame, ip_at, {length})) == "kernel");
    CHECK(program.owner_of(with(frame, ip_at, {0x55})) == "kernel");     // no IPv4
    CHECK(program.owner_of(with(frame, ip_at + 9, {6})) == "kernel");    // TCP
    CHECK(program.owner_of(with(frame, 12, {0x08, 0x06})) == "kernel");  // ARP
    for (std::size_t length = 14; length < ip_at + 20 + 8; ++length) {
        INFO(length);
        CHECK(program.owner_of({frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length)}) == "kernel");
    }
    CHECK(program.owner_of({frame.begin(), frame.begin() + ip_at + 20 + 8}) == "ferry");
}

TEST_CASE("VXLAN over IPv6 goes by its address too; with extension headers it is the kernel's")
{
    if (!may_load())
        return;
    const Loaded program;
    for (const Bytes& frame : ferry::test::read_capture("vxlan-over-ipv6")) {
        ferry::Ipv6Address to;
        std::memcpy(to.bytes.data(), frame.data() + ip_at + 24, to.bytes.size());
        CHECK(program.owner_of(frame) == "kernel");
        REQUIRE(program.vteps().add(vtep_key_of(to, 4789)));
        CHECK(program.owner_of(frame) == "ferry");
        CHECK(program.owner_of(tagged(frame, 0x81, 0x00)) == "ferry");
        CHECK(program.owner_of(with(frame, ip_at + 6, {44})) == "kernel");  // a fragment header
        CHECK(program.owner_of(with(frame, ip_at + 6, {0})) == "kernel");   // hop-by-hop options
        CHECK(program.owner_of({frame.begin(), frame.begin() + ip_at + 40 + 7}) == "kernel");
        REQUIRE(program.vteps().remove(vtep_key_of(to, 4789)));
    }
}

TEST_CASE("Addresses and ports come and go while the program runs, each address with its own ports")
{
    if (!may_load())
        return;
    const Loaded program;
    const Bytes frame = vxlan_to_b(), other_port = with(frame, ip_at + 22, {0x21, 0x18});  // 8472
    CHECK(!program.vteps().any());
    CHECK(program.owner_of(frame) == "kernel");
    REQUIRE(program.vteps().add(vtep_key_of(a, 8472)));
    CHECK(program.owner_of(frame) == "kernel");
    CHECK(program.owner_of(other_port) == "kernel");
    REQUIRE(program.vteps().add(vtep_key_of(b, 8472)));
    CHECK(program.owner_of(frame) == "kernel");
    CHECK(program.owner_of(other_port) == "ferry");
    REQUIRE(program.vteps().remove(vtep_key_of(b, 8472)));
    CHECK(program.owner_of(other_port) == "kernel");
    const auto again = program.vteps().remove(vtep_key_of(b, 8472));
    REQUIRE(!again);
    CHECK(again.error().code == ferry::ErrorCode::not_found);
    REQUIRE(program.vteps().any());
    CHECK(program.vteps().any()->port == vtep_key_of(a, 8472).port);
}

TEST_CASE("The map takes 256 VTEPs")
{
    if (!may_load())
        return;
    const Loaded program;
    for (std::uint32_t i = 0; i < 256; ++i)
        REQUIRE(program.vteps().add(vtep_key_of(ferry::Ipv4Address::from_host(i), 4789)));
    const auto one_more = program.vteps().add(vtep_key_of(a, 4789));
    REQUIRE(!one_more);
    CHECK(one_more.error().code == ferry::ErrorCode::table_full);
}

TEST_CASE("Where the queue has no socket, and when its socket has gone, everything is the kernel's")
{
    if (!may_load())
        return;
    Loaded program(false);
    REQUIRE(program.vteps().add(vtep_key_of(b, 4789)));
    const Bytes frame = vxlan_to_b();
    CHECK(program.owner_of(frame) == "kernel");
    program.put_socket();
    CHECK(program.owner_of(frame) == "ferry");
    program.close_socket();
    CHECK(program.owner_of(frame) == "kernel");
}
