// Who may talk to whom between hosts: certificates made for each test by ferry-test-ca, right ones and wrong ones.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>

#include <grpcpp/grpcpp.h>

#include "ferry.grpc.pb.h"
#include "host_pair.hpp"
#include "rpc/credentials.hpp"
#include "rpc/host_identity.hpp"

using namespace ferryd;
using ferry::ErrorCode;

namespace {

/// Certificates of one authority in a folder.
class Authority {
public:
    Authority(const TestFolder& folder, const std::string& name) : base_(folder / name) {}

    TlsConfig host(const std::string& name, const std::string& addresses = "127.0.0.1")
    {
        const std::string command = FERRY_TEST_CA " " + base_.string() + " " + name + "=" + addresses;
        INFO(command);
        REQUIRE(std::system(command.c_str()) == 0);
        return {base_ / "ca.pem", base_ / (name + ".pem"), base_ / (name + ".key")};
    }
    std::string certificate() const { return base_ / "ca.pem"; }

private:
    std::filesystem::path base_;
};

void secure(TestHost& host, const TlsConfig& tls)
{
    host.peers.insecure = false;
    host.peers.tls = tls;
}

/// A client that says what it likes on a stream.
struct Liar {
    std::unique_ptr<ferry::v1::FerryHost::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<ferry::v1::HostFrame, ferry::v1::HostFrame>> stream;

    Liar(const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    {
        grpc::ChannelArguments arguments;
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        stub = ferry::v1::FerryHost::NewStub(grpc::CreateCustomChannel("ipv4:" + address, credentials, arguments));
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
        stream = stub->Moves(&context);
    }
    /// True where the host answers with its own hello.
    bool greet(const std::string& vtep, const std::string& name = "liar", std::uint32_t protocol = 1, bool marks = true)
    {
        ferry::v1::HostFrame frame;
        frame.mutable_hello()->set_vtep(vtep);
        frame.mutable_hello()->set_host(name);
        frame.mutable_hello()->set_protocol(protocol);
        frame.mutable_hello()->set_reads_marks(marks);
        stream->Write(frame);
        return stream->Read(&frame) && frame.has_hello();
    }
    grpc::Status end() { return stream->Finish(); }
};

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const TlsConfig& tls)
{
    PeersConfig peers;
    peers.tls = tls;
    return client_credentials(peers).value();
}

}  // namespace

TEST_CASE("hosts with certificates of one authority understand each other, by name or by address")
{
    const TestFolder folder;
    Authority authority(folder, "ca");
    const bool by_name = GENERATE(false, true);
    TestHost s("S", "172.16.0.1"), d("D", "172.16.0.2");
    secure(s, authority.host("S"));
    secure(d, authority.host("D"));
    if (by_name) {
        s.knows_by_name(d);
        d.knows_by_name(s);
    } else {
        s.knows(d);
        d.knows(s);
    }
    d.peers.hosts[0].vnis = {};
    d.peers.hosts[0].vnis.add(200, 299);
    s.start();
    d.start();
    s.transport->send(d.self.vtep, message_about(1 << 8, ferry::move::Wait{}, 250));
    REQUIRE(wait_until([&] { return s.peer().connected && d.peer().connected; }));
    s.transport->send(d.self.vtep, message_about(1 << 8, ferry::move::Wait{}, 200));
    s.transport->send(d.self.vtep, message_about(1 << 8, ferry::move::Wait{}, 300));
    REQUIRE(wait_until([&] { return d.heard.size() >= 2 && d.heard.all().back().message.key.vni.value() == 300; }));
    for (const auto& heard : d.heard.all()) {
        CHECK(heard.vtep == s.self.vtep);
        CHECK(heard.host == "S");
        CHECK(heard.allowed == (heard.message.key.vni.value() < 300));
    }
    REQUIRE(wait_until([&] { return s.peer().rtt_us.has_value(); }));
    CHECK(*s.peer().rtt_us > 0);
}

TEST_CASE("a host without the authority's certificate gets no word in")
{
    const TestFolder folder;
    Authority authority(folder, "ca"), stranger(folder, "stranger");
    TestHost d("D", "172.16.0.2");
    TestHost s("S", "172.16.0.1", "127.0.0.1:1");
    secure(d, authority.host("D"));
    d.knows(s);
    d.start();

    // Another authority's host that would even trust this server.
    TlsConfig foreign = stranger.host("S");
    foreign.ca = authority.certificate();
    Liar other(d.peers.listen, credentials_of(foreign));
    CHECK(!other.greet("172.16.0.1"));
    CHECK(other.end().error_code() == grpc::StatusCode::UNAVAILABLE);

    // No certificate at all.
    std::ifstream file(authority.certificate());
    grpc::SslCredentialsOptions without;
    without.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
    Liar nobody(d.peers.listen, grpc::SslCredentials(without));
    CHECK(!nobody.greet("172.16.0.1"));

    Liar plain(d.peers.listen, grpc::InsecureChannelCredentials());
    CHECK(!plain.greet("172.16.0.1"));

    Liar right(d.peers.listen, credentials_of(authority.host("S")));
    CHECK(right.greet("172.16.0.1"));
    CHECK(d.heard.size() == 0);
}

TEST_CASE("a good certificate does not make a host another one")
{
    const TestFolder folder;
    Authority authority(folder, "ca");
    TestHost d("D", "172.16.0.2");
    TestHost s("S", "172.16.0.1", "127.0.0.1:1"), e("E", "172.16.0.3", "10.0.0.3:4790");
    secure(d, authority.host("D"));
    d.knows_by_name(s);
    d.knows(e);
    d.start();
    const auto as_s = credentials_of(authority.host("S"));

    Liar false_vtep(d.peers.listen, as_s);
    CHECK(!false_vtep.greet("172.16.0.3"));
    const grpc::Status refused = false_vtep.end();
    CHECK(refused.error_code() == grpc::StatusCode::PERMISSION_DENIED);
    CHECK(refused.error_message().find("refused by D: the certificate is of \"S\"") == 0);
    CHECK(refused.error_message().find("\"10.0.0.3\", which is the peer of VTEP 172.16.0.3") != std::string::npos);

    Liar stranger(d.peers.listen, credentials_of(authority.host("X")));
    CHECK(!stranger.greet("172.16.0.1", "S"));
    CHECK(stranger.end().error_code() == grpc::StatusCode::PERMISSION_DENIED);

    Liar unknown(d.peers.listen, as_s);
    CHECK(!unknown.greet("172.16.0.9"));
    CHECK(unknown.end().error_message().find("no peer of VTEP \"172.16.0.9\" is configured here") != std::string::npos);

    Liar right(d.peers.listen, as_s);
    CHECK(right.greet("172.16.0.1"));

    REQUIRE(d.transport->peers().size() == 3);
    const PeerStatus others = d.peer(2);
    CHECK(others.vtep.is_zero());
    CHECK(others.dropped == 3);
    CHECK(others.fault.find("no peer of VTEP") == 0);
    CHECK(d.reports.count("a host was refused") == 1);  // and not one line each
}

TEST_CASE("a host that connects to another one than it wanted says nothing")
{
    const TestFolder folder;
    Authority authority(folder, "ca");
    TestHost s("S", "172.16.0.1"), d("D", "172.16.0.2");
    secure(s, authority.host("S"));
    secure(d, authority.host("D"));
    d.knows(s);
    s.knows_by_name(d);
    // D listens before S calls: else S would first report, truly, that nobody answers there.
    SECTION("another name")
    {
        s.peers.hosts[0].name = "E";
        d.start();
        s.start();
        CHECK(wait_until([&] { return s.peer().fault == "its certificate is not of \"E\""; }));
    }
    SECTION("another VTEP")
    {
        s.peers.hosts[0].vtep = *ferry::Ipv4Address::parse("172.16.0.7");
        d.start();
        s.start();
        CHECK(wait_until([&] {
            return s.peer().fault == "it is the host of VTEP \"172.16.0.2\", and not of 172.16.0.7 as configured here";
        }));
    }
    SECTION("another address in the certificate")
    {
        secure(d, authority.host("D", "172.16.0.2"));
        d.start();
        s.start();
        CHECK(wait_until([&] { return s.reports.count("is not reached") == 1; }));
    }
    s.transport->send(s.peers.hosts[0].vtep, message_about(1 << 8));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK(!s.peer().connected);
    CHECK(d.heard.size() == 0);
    CHECK(s.heard.reached_times == 0);
    CHECK(s.heard.unreachable_times == 0);
}

TEST_CASE("what comes on a stream is checked")
{
    TestHost d("D", "172.16.0.2"), s("S", "172.16.0.1", "127.0.0.1:1");
    d.knows(s);
    d.start();
    const auto plain = grpc::InsecureChannelCredentials();

    Liar old(d.peers.listen, plain);
    CHECK(!old.greet("172.16.0.1", "S", 0));
    CHECK(old.end().error_code() == grpc::StatusCode::FAILED_PRECONDITION);
    Liar blind(d.peers.listen, plain);
    CHECK(!blind.greet("172.16.0.1", "S", 1, false));
    CHECK(blind.end().error_message().find("does not read marks") != std::string::npos);

    Liar rude(d.peers.listen, plain);
    ferry::v1::HostFrame frame;
    frame.set_probe(1);
    rude.stream->Write(frame);
    CHECK(!rude.stream->Read(&frame));
    CHECK(rude.end().error_code() == grpc::StatusCode::PERMISSION_DENIED);

    Liar wrong(d.peers.listen, plain);
    REQUIRE(wrong.greet("172.16.0.1"));
    frame.Clear();
    frame.add_messages()->set_vni(1 << 24);
    wrong.stream->Write(frame);
    CHECK(!wrong.stream->Read(&frame));
    CHECK(wrong.end().error_code() == grpc::StatusCode::INVALID_ARGUMENT);

    Liar large(d.peers.listen, plain);
    REQUIRE(large.greet("172.16.0.1"));
    frame.Clear();
    frame.mutable_hello()->set_host(std::string(32 << 10, 'D'));
    large.stream->Write(frame);
    CHECK(!large.stream->Read(&frame));
    CHECK(large.end().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);

    // What a later version may say is left alone.
    Liar newer(d.peers.listen, plain);
    REQUIRE(newer.greet("172.16.0.1", "S", 7));
    frame.Clear();
    auto& unknown = *frame.add_messages();
    unknown.set_vni(100);
    unknown.set_mac(0x5254'0000'0001);
    auto& known = *frame.add_messages();
    known = unknown;
    known.mutable_wait();
    newer.stream->Write(frame);
    REQUIRE(wait_until([&] { return d.heard.size() == 1; }));

    // A later stream takes the place of an earlier one.
    Liar later(d.peers.listen, plain);
    REQUIRE(later.greet("172.16.0.1", "S"));
    newer.stream->Write(frame);
    CHECK(!newer.stream->Read(&frame));
    CHECK(newer.end().error_code() == grpc::StatusCode::ABORTED);
    CHECK(d.heard.size() == 1);
}

TEST_CASE("files that are none of TLS are a fault")
{
    const TestFolder folder;
    std::ofstream(folder / "text") << "not PEM\n";
    TestHost d("D", "172.16.0.2");
    secure(d, {folder / "text", folder / "text", folder / "text"});
    const auto bad = HostTransport::make(d.self, d.peers, d.reports.take());
    REQUIRE(!bad);
    CHECK(bad.error().code == ErrorCode::invalid_argument);
    CHECK(bad.error().sentence.find("is not a file in PEM") != std::string::npos);
}
