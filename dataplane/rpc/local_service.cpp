#include "rpc/local_service.hpp"

#include <algorithm>

#include "config/values.hpp"
#include "rpc/error_status.hpp"

namespace ferryd {

namespace {

constexpr std::size_t rows_in_message = 1'024;

/// Adds each of `values` to the repeated field that `add` makes room in.
template <typename T, typename Add>
void fill(const std::vector<T>& values, Add add)
{
    for (const T& value : values)
        *add() = to_message(value);
}

/// The status that belongs to a result.
template <typename T>
grpc::Status status_of(grpc::ServerContext* context, const Expected<T>& result)
{
    return result ? grpc::Status::OK : refuse(*context, result.error());
}

}  // namespace

grpc::Status LocalService::ListPorts(Context* context, const v1::ListPortsRequest*, v1::ListPortsResponse* response)
{
    const auto ports = api_.ports();
    if (ports)
        fill(*ports, [&] { return response->add_ports(); });
    return status_of(context, ports);
}

grpc::Status LocalService::AddPort(Context* context, const v1::AddPortRequest* request, v1::AddPortResponse*)
{
    return status_of(
        context, from_message(request->port()).and_then([&](const PortConfig& port) { return api_.add_port(port); }));
}

grpc::Status LocalService::RemovePort(Context* context, const v1::RemovePortRequest* request, v1::RemovePortResponse*)
{
    return status_of(context, parse_port_name(request->name()).and_then([&](const std::string& name) {
        return api_.remove_port(name);
    }));
}

grpc::Status LocalService::ListSegments(Context* context, const v1::ListSegmentsRequest*,
                                        v1::ListSegmentsResponse* response)
{
    const auto segments = api_.segments();
    if (segments)
        fill(*segments, [&] { return response->add_segments(); });
    return status_of(context, segments);
}

grpc::Status LocalService::AddSegment(Context* context, const v1::AddSegmentRequest* request, v1::AddSegmentResponse*)
{
    return status_of(context, from_message(request->segment()).and_then([&](const SegmentConfig& segment) {
        return api_.add_segment(segment);
    }));
}

grpc::Status LocalService::RemoveSegment(Context* context, const v1::RemoveSegmentRequest* request,
                                         v1::RemoveSegmentResponse*)
{
    return status_of(context,
                     make_vni(request->vni()).and_then([&](ferry::Vni vni) { return api_.remove_segment(vni); }));
}

grpc::Status LocalService::SetFlood(Context* context, const v1::SetFloodRequest* request, v1::SetFloodResponse*)
{
    return status_of(context, make_vni(request->vni()).and_then([&](ferry::Vni vni) {
        return flood_of(request->flood()).and_then([&](std::vector<ferry::Ipv4Address> remotes) {
            return api_.set_flood(vni, std::move(remotes));
        });
    }));
}

grpc::Status LocalService::ListVteps(Context* context, const v1::ListVtepsRequest*, v1::ListVtepsResponse* response)
{
    const auto vteps = api_.vteps();
    if (vteps)
        fill(*vteps, [&] { return response->add_vteps(); });
    return status_of(context, vteps);
}

grpc::Status LocalService::AddVtep(Context* context, const v1::AddVtepRequest* request, v1::AddVtepResponse*)
{
    return status_of(
        context, from_message(request->vtep()).and_then([&](const VtepConfig& vtep) { return api_.add_vtep(vtep); }));
}

grpc::Status LocalService::ChangeVtep(Context* context, const v1::ChangeVtepRequest* request, v1::ChangeVtepResponse*)
{
    return status_of(context, from_message(request->vtep()).and_then([&](const VtepConfig& vtep) {
        return api_.change_vtep(vtep);
    }));
}

grpc::Status LocalService::RemoveVtep(Context* context, const v1::RemoveVtepRequest* request, v1::RemoveVtepResponse*)
{
    return status_of(context, parse_vtep_address(request->address()).and_then([&](ferry::Ipv4Address address) {
        return api_.remove_vtep(address);
    }));
}

grpc::Status LocalService::ListFdb(Context* context, const v1::ListFdbRequest* request,
                                   Writer<v1::ListFdbResponse>* writer)
{
    std::optional<ferry::Vni> only;
    if (request->has_vni()) {
        const auto vni = make_vni(request->vni());
        if (!vni)
            return refuse(*context, vni.error());
        only = *vni;
    }
    const auto rows = api_.fdb(only);
    if (!rows)
        return refuse(*context, rows.error());
    const CallBound::Watch watch(bound_, [context] { context->TryCancel(); });
    for (std::size_t first = 0; first < rows->size(); first += rows_in_message) {
        v1::ListFdbResponse message;
        for (std::size_t i = first; i < std::min(first + rows_in_message, rows->size()); ++i)
            *message.add_rows() = to_message((*rows)[i]);
        if (!writer->Write(message))
            return grpc::Status::CANCELLED;  // the client has gone, or is too slow
    }
    return grpc::Status::OK;
}

grpc::Status LocalService::SetFdb(Context* context, const v1::SetFdbRequest* request, v1::SetFdbResponse* response)
{
    const auto vni = make_vni(request->vni());
    const auto mac = parse_unicast_mac(request->mac());
    const auto place = place_of(*request);
    const auto mode = mode_of(*request);
    for (const ferry::Error* error : {vni ? nullptr : &vni.error(), mac ? nullptr : &mac.error(),
                                      place ? nullptr : &place.error(), mode ? nullptr : &mode.error()})
        if (error != nullptr)
            return refuse(*context, *error);
    const auto change = api_.set_fdb(*vni, *mac, *place, *mode);
    if (change)
        *response->mutable_change() = to_message(*change);
    return status_of(context, change);
}

grpc::Status LocalService::RemoveFdb(Context* context, const v1::RemoveFdbRequest* request,
                                     v1::RemoveFdbResponse* response)
{
    const auto change = make_vni(request->vni()).and_then([&](ferry::Vni vni) {
        return parse_unicast_mac(request->mac()).and_then([&](ferry::MacAddress mac) {
            return api_.remove_fdb(vni, mac);
        });
    });
    if (change)
        *response->mutable_change() = to_message(*change);
    return status_of(context, change);
}

grpc::Status LocalService::GetStats(Context* context, const v1::GetStatsRequest*, v1::GetStatsResponse* response)
{
    const auto stats = api_.stats();
    if (stats)
        *response = to_message(*stats);
    return status_of(context, stats);
}

grpc::Status LocalService::SetWorkerThreads(Context* context, const v1::SetWorkerThreadsRequest* request,
                                            v1::SetWorkerThreadsResponse*)
{
    return status_of(context, api_.set_worker_threads(request->threads()));
}

grpc::Status LocalService::ListMoves(Context* context, const v1::ListMovesRequest* request,
                                     v1::ListMovesResponse* response)
{
    const auto moves = api_.move_statuses(request->after());
    if (moves)
        fill(*moves, [&] { return response->add_moves(); });
    return status_of(context, moves);
}

grpc::Status LocalService::HoldPort(Context* context, const v1::HoldPortRequest* request, v1::HoldPortResponse*)
{
    return status_of(context, parse_port_name(request->name()).and_then([&](const std::string& name) {
        return api_.hold_port(name);
    }));
}

grpc::Status LocalService::ReleasePort(Context* context, const v1::ReleasePortRequest* request,
                                       v1::ReleasePortResponse*)
{
    return status_of(context, parse_port_name(request->name()).and_then([&](const std::string& name) {
        return api_.release_port(name);
    }));
}

grpc::Status LocalService::ListPeers(Context* context, const v1::ListPeersRequest*, v1::ListPeersResponse* response)
{
    const auto peers = api_.peers();
    if (peers)
        fill(*peers, [&] { return response->add_peers(); });
    return status_of(context, peers);
}

}  // namespace ferryd
