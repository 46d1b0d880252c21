// Who may talk to whom between hosts: certificates made for each test, right ones and wrong ones.
#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include <grpcpp/grpcpp.h>

#include "fake_control.hpp"
#include "ferry.grpc.pb.h"
#include "rpc/announcer.hpp"
#include "rpc/credentials.hpp"
#include "rpc/host_server.hpp"
#include "test_folder.hpp"

using namespace ferryd;
using ferry::ErrorCode;

namespace {

void run(const std::string& command)
{
    INFO(command);
    REQUIRE(std::system((command + " 2>/dev/null >/dev/null").c_str()) == 0);
}

/// An authority and what it signs, made by openssl(1).
class Authority {
public:
    Authority(const TestFolder& folder, const std::string& name) : base_((folder / name).string())
    {
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" + name +
            " -keyout " + base_ + ".key -out " + base_ + ".pem");
    }

    /// The files of a host whose certificate names `address`.
    TlsConfig host(const std::string& address)
    {
        const std::string host = base_ + "-" + std::to_string(++count_);
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=host -keyout " + host +
            ".key -out " + host + ".csr");
        std::ofstream(host + ".ext") << "subjectAltName=IP:" << address << "\n";
        run("openssl x509 -req -in " + host + ".csr -CA " + base_ + ".pem -CAkey " + base_ + ".key -days 2 -extfile " +
            host + ".ext -out " + host + ".pem");
        return {base_ + ".pem", host + ".pem", host + ".key"};
    }
    std::string certificate() const { return base_ + ".pem"; }

private:
    std::string base_;
    int count_ = 0;
};

PeersConfig peers_of(const std::string& listen, const std::string& host, std::optional<TlsConfig> tls)
{
    PeersConfig peers;
    peers.listen = listen;
    peers.hosts = {host};
    peers.insecure = !tls;
    peers.tls = std::move(tls);
    return peers;
}

EndpointPlace some_place()
{
    return {*ferry::Vni::make(100), *ferry::MacAddress::parse("52:54:00:00:00:01"),
            *ferry::Ipv4Address::parse("172.16.0.2"), 5, "D"};
}

/// How one message of a host with these credentials ends at the server on `address`.
grpc::Status try_message(const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
{
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub =
        ferry::v1::FerryHost::NewStub(grpc::CreateCustomChannel("ipv4:" + address, credentials, arguments));
    ferry::v1::EndpointMovedRequest request;
    request.set_vni(100);
    request.set_mac("52:54:00:00:00:01");
    request.set_vtep("172.16.0.2");
    request.set_version(5);
    request.set_host("D");
    ferry::v1::EndpointMovedResponse response;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    return stub->EndpointMoved(&context, request, &response);
}

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const TlsConfig& tls)
{
    return client_credentials(peers_of("", "", tls)).value();
}

}  // namespace

TEST_CASE("hosts with certificates of one authority understand each other")
{
    const TestFolder folder;
    Authority authority(folder, "ca");
    FakeControl control;
    const std::string address = free_address();
    const auto server = HostServer::start(peers_of(address, "", authority.host("127.0.0.1")), control);
    REQUIRE(server);
    const auto announcer = GrpcAnnouncer::start(peers_of("", address, authority.host("172.16.0.9")),
                                                [](const std::string&) {});
    REQUIRE(announcer);
    std::atomic<int> told = 0;
    (*announcer)->announce(some_place(), [&](const std::string& peer, bool yes, std::uint64_t version) {
        told += yes && peer == address && version == 5;
    });
    CHECK(wait_until([&] { return told == 1; }));
    const auto places = control.places();
    REQUIRE(places.size() == 1);
    CHECK(places[0].vni.value() == 100);
    CHECK(places[0].mac == *ferry::MacAddress::parse("52:54:00:00:00:01"));
    CHECK(places[0].vtep == *ferry::Ipv4Address::parse("172.16.0.2"));
    CHECK(places[0].version == 5);
    CHECK(places[0].host == "D");
}

TEST_CASE("a host without the authority's certificate gets no word in")
{
    const TestFolder folder;
    Authority authority(folder, "ca"), stranger(folder, "stranger");
    FakeControl control;
    const std::string address = free_address();
    const auto server = HostServer::start(peers_of(address, "", authority.host("127.0.0.1")), control);
    REQUIRE(server);

    // Another authority's host that would even trust this server.
    TlsConfig foreign = stranger.host("127.0.0.1");
    foreign.ca = authority.certificate();
    CHECK(try_message(address, credentials_of(foreign)).error_code() == grpc::StatusCode::UNAVAILABLE);

    // No certificate at all.
    std::ifstream file(authority.certificate());
    grpc::SslCredentialsOptions without;
    without.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
    CHECK(try_message(address, grpc::SslCredentials(without)).error_code() == grpc::StatusCode::UNAVAILABLE);

    // Plain text.
    CHECK(try_message(address, grpc::InsecureChannelCredentials()).error_code() == grpc::StatusCode::UNAVAILABLE);

    CHECK(control.places().empty());
    CHECK(try_message(address, credentials_of(authority.host("127.0.0.1"))).ok());
    CHECK(control.places().size() == 1);
}

TEST_CASE("a server that is not whom the host wanted gets no word out of it")
{
    const TestFolder folder;
    Authority authority(folder, "ca"), stranger(folder, "stranger");
    FakeControl control;
    const TlsConfig client = authority.host("127.0.0.1");

    const std::string foreign = free_address();
    TlsConfig foreign_host = stranger.host("127.0.0.1");
    foreign_host.ca = authority.certificate();
    const auto foreign_server = HostServer::start(peers_of(foreign, "", foreign_host), control);
    REQUIRE(foreign_server);
    CHECK(try_message(foreign, credentials_of(client)).error_code() == grpc::StatusCode::UNAVAILABLE);

    // A good certificate of another host.
    const std::string misplaced = free_address();
    const auto misplaced_server = HostServer::start(peers_of(misplaced, "", authority.host("172.16.0.2")), control);
    REQUIRE(misplaced_server);
    CHECK(try_message(misplaced, credentials_of(client)).error_code() == grpc::StatusCode::UNAVAILABLE);

    // No TLS there.
    const std::string plain = free_address();
    const auto plain_server = HostServer::start(peers_of(plain, "", std::nullopt), control);
    REQUIRE(plain_server);
    CHECK(try_message(plain, credentials_of(client)).error_code() == grpc::StatusCode::UNAVAILABLE);
    CHECK(try_message(plain, grpc::InsecureChannelCredentials()).ok());
    CHECK(control.places().size() == 1);
}

TEST_CASE("what a peer says is checked")
{
    FakeControl control;
    const std::string address = free_address();
    const auto server = HostServer::start(peers_of(address, "", std::nullopt), control);
    REQUIRE(server);
    const auto stub =
        ferry::v1::FerryHost::NewStub(grpc::CreateChannel("ipv4:" + address, grpc::InsecureChannelCredentials()));
    ferry::v1::EndpointMovedRequest request;
    const auto answer = [&] {
        grpc::ClientContext context;
        ferry::v1::EndpointMovedResponse response;
        return stub->EndpointMoved(&context, request, &response).error_code();
    };
    CHECK(answer() == grpc::StatusCode::INVALID_ARGUMENT);
    request.set_vni(100);
    request.set_mac("52:54:00:00:00:01");
    request.set_vtep("172.16.0.2");
    request.set_host("D");
    CHECK(answer() == grpc::StatusCode::INVALID_ARGUMENT);  // no version
    request.set_version(1);
    CHECK(answer() == grpc::StatusCode::OK);
    request.set_vtep("127.0.0.1");
    CHECK(answer() == grpc::StatusCode::INVALID_ARGUMENT);
    request.set_vtep("172.16.0.2");
    request.set_host(std::string(65, 'D'));
    CHECK(answer() == grpc::StatusCode::INVALID_ARGUMENT);
    request.set_host(std::string(32 << 10, 'D'));
    CHECK(answer() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK(control.places().size() == 1);
}

TEST_CASE("a server that cannot be says why")
{
    const TestFolder folder;
    FakeControl control;
    const std::string address = free_address();
    const auto first = HostServer::start(peers_of(address, "", std::nullopt), control);
    REQUIRE(first);
    const auto second = HostServer::start(peers_of(address, "", std::nullopt), control);
    REQUIRE(!second);
    CHECK(second.error().code == ErrorCode::unavailable);
    CHECK(second.error().sentence.find("cannot listen on " + address) == 0);

    const auto foreign = HostServer::start(peers_of("192.0.2.1:4790", "", std::nullopt), control);
    REQUIRE(!foreign);
    CHECK(foreign.error().code == ErrorCode::unavailable);

    std::ofstream(folder / "text") << "not PEM\n";
    const TlsConfig wrong{folder / "text", folder / "text", folder / "text"};
    const auto bad = HostServer::start(peers_of(free_address(), "", wrong), control);
    REQUIRE(!bad);
    CHECK(bad.error().code == ErrorCode::invalid_argument);
    CHECK(bad.error().sentence.find("is not a file in PEM") != std::string::npos);
    CHECK(!GrpcAnnouncer::start(peers_of("", address, wrong), [](const std::string&) {}));
}
