#include "rpc/host_server.hpp"

#include <chrono>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "ferry.grpc.pb.h"
#include "rpc/credentials.hpp"
#include "rpc/error_status.hpp"
#include "rpc/messages.hpp"

namespace ferryd {

namespace {

// As ferry.proto promises.
constexpr int most_request_bytes = 16 << 10;
constexpr int most_calls = 16;

class HostService final : public v1::FerryHost::Service {
public:
    explicit HostService(PeerApi& api) : api_(api) {}

private:
    grpc::Status EndpointMoved(grpc::ServerContext* context, const v1::EndpointMovedRequest* request,
                               v1::EndpointMovedResponse* response) override
    {
        const auto version =
            from_message(*request).and_then([&](const EndpointPlace& place) { return api_.endpoint_moved(place); });
        if (!version)
            return refuse(*context, version.error());
        response->set_version(*version);
        return grpc::Status::OK;
    }

    PeerApi& api_;
};

}  // namespace

struct HostServer::Parts {
    explicit Parts(PeerApi& api) : service(api) {}
    HostService service;
    std::unique_ptr<grpc::Server> server;
};

HostServer::HostServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Expected<std::unique_ptr<HostServer>> HostServer::start(const PeersConfig& peers, PeerApi& api)
{
    auto credentials = server_credentials(peers);
    if (!credentials)
        return tl::unexpected(std::move(credentials.error()));
    auto parts = std::make_unique<Parts>(api);

    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(peers.listen, *credentials, &port);
    builder.RegisterService(&parts->service);
    builder.SetMaxReceiveMessageSize(most_request_bytes);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second ferryd must not take half of the messages
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, most_calls);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
    // Peers ping to see that a connection lives, and so does this side.
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1'000);
    // Who has not shown a certificate yet can cost neither much time nor much memory.
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5'000);
    builder.SetResourceQuota(
        grpc::ResourceQuota("ferryd-hosts").SetMaxThreads(most_calls + 2).Resize(std::size_t{64} << 20));
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
    parts->server = builder.BuildAndStart();
    if (parts->server == nullptr || port == 0)
        return ferry::fail(
            ferry::ErrorCode::unavailable,
            fmt::format("cannot listen on {} for other hosts: the address is not this host's, the port is "
                        "in use, or the certificate and key are wrong",
                        peers.listen));
    return std::unique_ptr<HostServer>(new HostServer(std::move(parts)));
}

HostServer::~HostServer()
{
    parts_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
    parts_->server->Wait();
}

}  // namespace ferryd
