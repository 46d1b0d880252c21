#include "rpc/host_transport.hpp"

#include <atomic>
#include <chrono>
#include <map>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "rpc/credentials.hpp"
#include "rpc/host_datagrams.hpp"
#include "rpc/host_link.hpp"
#include "rpc/host_service.hpp"

namespace ferryd {

namespace {

// As ferry.proto promises.
constexpr int most_frame_bytes = 16 << 10;
constexpr int most_host_streams = 4;

}  // namespace

struct HostTransport::Parts {
    HostConfig self;
    PeersConfig peers;
    Report report;
    std::shared_ptr<grpc::ServerCredentials> server_credentials;
    HostLink::Settings link_settings;

    // From start() on.
    std::unique_ptr<HostDatagrams> datagrams;  ///< null: none; the last to go
    std::map<ferry::Ipv4Address, std::unique_ptr<HostLink>> links;
    std::unique_ptr<HostService> service;
    std::unique_ptr<grpc::Server> server;
    std::atomic<bool> running = false;
};

HostTransport::HostTransport(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Expected<std::unique_ptr<HostTransport>> HostTransport::make(const HostConfig& self, const PeersConfig& peers,
                                                             Report report)
{
    auto server = server_credentials(peers);
    if (!server)
        return tl::unexpected(std::move(server.error()));
    auto client = client_credentials(peers);
    if (!client)
        return tl::unexpected(std::move(client.error()));
    auto parts = std::make_unique<Parts>();
    parts->self = self;
    parts->peers = peers;
    parts->report = report;
    parts->server_credentials = std::move(*server);
    parts->link_settings = {self, peers.insecure, std::move(*client), std::move(report)};
    return std::unique_ptr<HostTransport>(new HostTransport(std::move(parts)));
}

HostTransport::~HostTransport()
{
    stop();
}

Expected<void> HostTransport::start(HostMessages& messages)
{
    Parts& parts = *parts_;
    if (parts.peers.datagrams) {
        auto opened = HostDatagrams::open(parts.peers.listen);
        if (opened)
            parts.datagrams = std::move(*opened);
        else
            parts.report(opened.error().sentence);
        parts.link_settings.datagrams = parts.datagrams.get();
    }
    for (const PeerHost& peer : parts.peers.hosts)
        parts.links.emplace(peer.vtep, std::make_unique<HostLink>(peer, parts.link_settings, messages));
    parts.service = std::make_unique<HostService>(
        parts.self, parts.peers, messages,
        HostService::Hooks{parts.datagrams.get(), [&parts](const PeerHost& peer) { parts.links.at(peer.vtep)->peer_is_there(); },
                           parts.report});
    parts.running = true;

    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(parts.peers.listen, parts.server_credentials, &port);
    builder.RegisterService(parts.service.get());
    builder.SetMaxReceiveMessageSize(most_frame_bytes);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second ferryd must not take half of the messages
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, most_host_streams);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
    // Peers ping to see that a connection lives, and so does this side.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // messages are small, and a move waits for them
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1'000);
    // Who has not shown a certificate yet can cost neither much time nor much memory.
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5'000);
    builder.SetResourceQuota(grpc::ResourceQuota("ferryd-hosts").Resize(std::size_t{64} << 20));
    parts.server = builder.BuildAndStart();
    if (parts.server == nullptr || port == 0) {
        stop();
        return ferry::fail(
            ferry::ErrorCode::unavailable,
            fmt::format("cannot listen on {} for other hosts: the address is not this host's, the port is "
                        "in use, or the certificate and key are wrong",
                        parts.peers.listen));
    }
    return {};
}

void HostTransport::stop()
{
    Parts& parts = *parts_;
    parts.running = false;
    // Streams have no end of their own: those that remain at the deadline are ended by gRPC.
    if (parts.server != nullptr) {
        parts.server->Shutdown(std::chrono::system_clock::now());
        parts.server->Wait();
    }
    for (const auto& [vtep, link] : parts.links)
        link->ask_to_stop();
    for (const auto& [vtep, link] : parts.links)
        link->join();
    if (parts.datagrams != nullptr)
        parts.datagrams->stop();
}

void HostTransport::send_all(ferry::Ipv4Address to, std::span<const ferry::move::Message> messages, Way way)
{
    if (!parts_->running)
        return;
    if (const auto link = parts_->links.find(to); link != parts_->links.end())
        link->second->send(messages, way);
}

std::vector<PeerStatus> HostTransport::peers()
{
    std::vector<PeerStatus> statuses;
    for (const PeerHost& peer : parts_->peers.hosts) {
        PeerStatus status = status_of(peer);
        if (parts_->running) {
            status = parts_->links.at(peer.vtep)->status();
            parts_->service->add_to(status);
        }
        statuses.push_back(std::move(status));
    }
    if (!parts_->running)
        return statuses;
    const std::uint64_t datagrams = parts_->datagrams == nullptr ? 0 : parts_->datagrams->refused();
    PeerStatus others;
    others.dropped = parts_->service->refused() + datagrams;
    if (others.dropped == 0)
        return statuses;
    others.fault = parts_->service->last_refusal();
    if (others.fault.empty())
        others.fault = "datagrams that are nobody's, forged or repeated";
    statuses.push_back(std::move(others));
    return statuses;
}

}  // namespace ferryd
