#include "rpc/client.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>

#include <fmt/format.h>

#include "ferry.grpc.pb.h"
#include "rpc/error_status.hpp"
#include "rpc/messages.hpp"
#include "rpc/socket_probe.hpp"

namespace ferryd {

namespace {

using ferry::ErrorCode;
using Stub = v1::Ferry::Stub;

constexpr std::chrono::seconds longest_call{20};
constexpr int most_answer_bytes = 256 << 20;

}  // namespace

struct Client::Connection {
    std::unique_ptr<Stub> stub;
    std::atomic<bool> lost = false;

    static std::unique_ptr<grpc::ClientContext> context()
    {
        auto made = std::make_unique<grpc::ClientContext>();
        made->set_deadline(std::chrono::system_clock::now() + longest_call);
        return made;
    }

    ferry::Error error(const grpc::ClientContext& context, const grpc::Status& status)
    {
        CallFailure failure = failure_of(context, status);
        if (!failure.refused && failure.error.code == ErrorCode::unavailable)
            lost = true;
        return std::move(failure.error);
    }

    /// One call with one answer; `read` makes the result of it.
    template <typename Request, typename Response, typename Read>
    auto call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
              Read read) -> decltype(read(std::declval<const Response&>()))
    {
        Response response;
        const auto made = context();
        const grpc::Status status = (stub.get()->*method)(made.get(), request, &response);
        if (!status.ok())
            return tl::unexpected(error(*made, status));
        return read(response);
    }
    template <typename Request, typename Response>
    Expected<void> call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                        const Request& request)
    {
        return call(method, request, [](const Response&) { return Expected<void>{}; });
    }
};

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::~Client() = default;

Expected<std::unique_ptr<Client>> Client::connect(const std::filesystem::path& socket)
{
    if (const int error = probe_socket(socket); error != 0)
        return ferry::fail(
            ErrorCode::unavailable,
            fmt::format("cannot reach ferryd at {}: {}{}", socket.string(), std::generic_category().message(error),
                        error == ENOENT || error == ECONNREFUSED ? "; is it running, with this api.socket?" : ""));
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(most_answer_bytes);
    auto connection = std::make_unique<Connection>();
    connection->stub = v1::Ferry::NewStub(
        grpc::CreateCustomChannel("unix:" + socket.string(), grpc::InsecureChannelCredentials(), arguments));
    return std::unique_ptr<Client>(new Client(std::move(connection)));
}

bool Client::lost() const noexcept
{
    return connection_->lost;
}

Expected<void> Client::add_port(const PortConfig& port)
{
    v1::AddPortRequest request;
    *request.mutable_port() = to_message(port);
    return connection_->call(&Stub::AddPort, request);
}

Expected<void> Client::remove_port(const std::string& name)
{
    v1::RemovePortRequest request;
    request.set_name(name);
    return connection_->call(&Stub::RemovePort, request);
}

Expected<std::vector<PortStatus>> Client::ports()
{
    return connection_->call(&Stub::ListPorts, {}, [](const v1::ListPortsResponse& response) {
        return read_messages<PortStatus, v1::PortStatus>(response.ports(), from_message);
    });
}

Expected<void> Client::add_segment(const SegmentConfig& segment)
{
    v1::AddSegmentRequest request;
    *request.mutable_segment() = to_message(segment);
    return connection_->call(&Stub::AddSegment, request);
}

Expected<void> Client::remove_segment(ferry::Vni vni)
{
    v1::RemoveSegmentRequest request;
    request.set_vni(vni.value());
    return connection_->call(&Stub::RemoveSegment, request);
}

Expected<void> Client::set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes)
{
    v1::SetFloodRequest request;
    request.set_vni(vni.value());
    for (ferry::Ipv4Address remote : remotes)
        request.add_flood(remote.to_string());
    return connection_->call(&Stub::SetFlood, request);
}

Expected<std::vector<SegmentStatus>> Client::segments()
{
    return connection_->call(&Stub::ListSegments, {}, [](const v1::ListSegmentsResponse& response) {
        return read_messages<SegmentStatus, v1::Segment>(response.segments(), status_of);
    });
}

Expected<void> Client::add_vtep(const VtepConfig& vtep)
{
    v1::AddVtepRequest request;
    *request.mutable_vtep() = to_message(vtep);
    return connection_->call(&Stub::AddVtep, request);
}

Expected<void> Client::change_vtep(const VtepConfig& vtep)
{
    v1::ChangeVtepRequest request;
    *request.mutable_vtep() = to_message(vtep);
    return connection_->call(&Stub::ChangeVtep, request);
}

Expected<void> Client::remove_vtep(ferry::Ipv4Address address)
{
    v1::RemoveVtepRequest request;
    request.set_address(address.to_string());
    return connection_->call(&Stub::RemoveVtep, request);
}

Expected<std::vector<VtepStatus>> Client::vteps()
{
    return connection_->call(&Stub::ListVteps, {}, [](const v1::ListVtepsResponse& response) {
        return read_messages<VtepStatus, v1::VtepStatus>(response.vteps(), from_message);
    });
}

Expected<void> Client::add_local_vtep(const ferry::LocalVtep& vtep)
{
    v1::AddLocalVtepRequest request;
    *request.mutable_vtep() = to_message(vtep);
    return connection_->call(&Stub::AddLocalVtep, request);
}

Expected<void> Client::remove_local_vtep(const ferry::LocalVtep& vtep)
{
    v1::RemoveLocalVtepRequest request;
    *request.mutable_vtep() = to_message(vtep);
    return connection_->call(&Stub::RemoveLocalVtep, request);
}

Expected<std::vector<ferry::LocalVtep>> Client::local_vteps()
{
    return connection_->call(&Stub::ListLocalVteps, {}, [](const v1::ListLocalVtepsResponse& response) {
        return read_messages<ferry::LocalVtep, v1::LocalVtep>(response.vteps(), from_message);
    });
}

Expected<FdbChange> Client::set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode)
{
    v1::SetFdbRequest request;
    request.set_vni(vni.value());
    request.set_mac(mac.to_string());
    if (place.vtep)
        request.set_vtep(place.vtep->to_string());
    else if (place.port)
        request.set_port(*place.port);
    request.set_mode(mode == FdbMode::add ? v1::SetFdbRequest::MODE_ADD : v1::SetFdbRequest::MODE_REPLACE);
    return connection_->call(&Stub::SetFdb, request,
                             [](const v1::SetFdbResponse& response) { return from_message(response.change()); });
}

Expected<FdbChange> Client::remove_fdb(ferry::Vni vni, ferry::MacAddress mac)
{
    v1::RemoveFdbRequest request;
    request.set_vni(vni.value());
    request.set_mac(mac.to_string());
    return connection_->call(&Stub::RemoveFdb, request,
                             [](const v1::RemoveFdbResponse& response) { return from_message(response.change()); });
}

Expected<std::vector<FdbStatus>> Client::fdb(std::optional<ferry::Vni> vni)
{
    v1::ListFdbRequest request;
    if (vni)
        request.set_vni(vni->value());
    const auto context = Connection::context();
    const auto reader = connection_->stub->ListFdb(context.get(), request);
    std::vector<FdbStatus> rows;
    v1::ListFdbResponse part;
    while (reader->Read(&part)) {
        auto read = read_messages<FdbStatus, v1::FdbRow>(part.rows(), from_message);
        if (!read) {
            context->TryCancel();
            static_cast<void>(reader->Finish());
            return tl::unexpected(std::move(read.error()));
        }
        rows.insert(rows.end(), std::make_move_iterator(read->begin()), std::make_move_iterator(read->end()));
    }
    if (const grpc::Status status = reader->Finish(); !status.ok())
        return tl::unexpected(connection_->error(*context, status));
    return rows;
}

Expected<StatsStatus> Client::stats()
{
    return connection_->call(&Stub::GetStats, {},
                             [](const v1::GetStatsResponse& response) { return from_message(response); });
}

Expected<void> Client::set_worker_threads(std::uint32_t count)
{
    v1::SetWorkerThreadsRequest request;
    request.set_threads(count);
    return connection_->call(&Stub::SetWorkerThreads, request);
}

Expected<std::vector<MoveStatus>> Client::move_statuses(std::uint64_t after)
{
    v1::ListMovesRequest request;
    request.set_after(after);
    return connection_->call(&Stub::ListMoves, request, [](const v1::ListMovesResponse& response) {
        return read_messages<MoveStatus, v1::Move>(response.moves(), from_message);
    });
}

Expected<void> Client::hold_port(const std::string& name)
{
    v1::HoldPortRequest request;
    request.set_name(name);
    return connection_->call(&Stub::HoldPort, request);
}

Expected<void> Client::release_port(const std::string& name)
{
    v1::ReleasePortRequest request;
    request.set_name(name);
    return connection_->call(&Stub::ReleasePort, request);
}

Expected<std::vector<PeerStatus>> Client::peers()
{
    return connection_->call(&Stub::ListPeers, {}, [](const v1::ListPeersResponse& response) {
        return read_messages<PeerStatus, v1::Peer>(response.peers(), from_message);
    });
}

}  // namespace ferryd
