#include "rpc/local_server.hpp"

#include <chrono>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "rpc/local_service.hpp"
#include "rpc/socket_place.hpp"

namespace ferryd {

namespace {

// As ferry.proto promises.
constexpr int most_request_bytes = 1 << 20;
constexpr int most_streams = LocalService::most_calls;  // on a connection
constexpr std::chrono::seconds longest_call{30};

}  // namespace

struct LocalServer::Parts {
    Parts(std::unique_ptr<SocketPlace> socket_place, ControlApi& api)
        : place(std::move(socket_place)), service(api, longest_call)
    {}
    std::unique_ptr<SocketPlace> place;
    LocalService service;
    std::unique_ptr<grpc::Server> server;
};

LocalServer::LocalServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Expected<std::unique_ptr<LocalServer>> LocalServer::start(const ApiConfig& config, ControlApi& api)
{
    auto place = SocketPlace::take(config.socket);
    if (!place)
        return tl::unexpected(std::move(place.error()));
    auto parts = std::make_unique<Parts>(std::move(*place), api);

    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + parts->place->bind_path(), grpc::InsecureServerCredentials());
    builder.RegisterService(&parts->service);
    builder.SetMaxReceiveMessageSize(most_request_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, most_streams);
    parts->server = builder.BuildAndStart();
    if (parts->server == nullptr)
        return ferry::fail(ferry::ErrorCode::unavailable,
                           fmt::format("cannot listen on the API's socket {}", config.socket.string()));
    std::unique_ptr<LocalServer> server(new LocalServer(std::move(parts)));
    if (auto published = server->parts_->place->publish(config.mode); !published)
        return tl::unexpected(std::move(published.error()));
    return server;
}

LocalServer::~LocalServer()
{
    parts_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
    parts_->server->Wait();
}

}  // namespace ferryd
