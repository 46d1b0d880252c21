#include "rpc/local_service.hpp"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>
#include <grpcpp/alarm.h>

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
grpc::Status status_of(grpc::CallbackServerContext* context, const Expected<T>& result)
{
    return result ? grpc::Status::OK : refuse(*context, result.error());
}

/// What a call comes to; `body` may throw for want of memory.
template <typename Body>
grpc::Status guarded(Body body)
{
    try {
        return body();
    } catch (const std::exception& error) {
        return {grpc::StatusCode::INTERNAL, error.what()};
    }
}

grpc::Status too_many_calls()
{
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, fmt::format("{} calls are being answered", LocalService::most_calls)};
}

}  // namespace

/// Runs `body`, which returns the call's status, where it may wait.
template <typename Body>
LocalService::Reactor* LocalService::answer(Context* context, Body body)
{
    Reactor* const reactor = context->DefaultReactor();
    if (!threads_.run([=] { reactor->Finish(guarded(body)); }))
        reactor->Finish(too_many_calls());
    return reactor;
}

LocalService::Reactor* LocalService::ListPorts(Context* context, const v1::ListPortsRequest*,
                                               v1::ListPortsResponse* response)
{
    return answer(context, [=, this] {
        const auto ports = api_.ports();
        if (ports)
            fill(*ports, [&] { return response->add_ports(); });
        return status_of(context, ports);
    });
}

LocalService::Reactor* LocalService::AddPort(Context* context, const v1::AddPortRequest* request, v1::AddPortResponse*)
{
    return answer(context, [=, this] {
        return status_of(
            context, from_message(request->port()).and_then([&](const PortConfig& port) { return api_.add_port(port); }));
    });
}

LocalService::Reactor* LocalService::RemovePort(Context* context, const v1::RemovePortRequest* request,
                                                v1::RemovePortResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, parse_port_name(request->name()).and_then([&](const std::string& name) {
            return api_.remove_port(name);
        }));
    });
}

LocalService::Reactor* LocalService::ListSegments(Context* context, const v1::ListSegmentsRequest*,
                                                  v1::ListSegmentsResponse* response)
{
    return answer(context, [=, this] {
        const auto segments = api_.segments();
        if (segments)
            fill(*segments, [&] { return response->add_segments(); });
        return status_of(context, segments);
    });
}

LocalService::Reactor* LocalService::AddSegment(Context* context, const v1::AddSegmentRequest* request,
                                                v1::AddSegmentResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, from_message(request->segment()).and_then([&](const SegmentConfig& segment) {
            return api_.add_segment(segment);
        }));
    });
}

LocalService::Reactor* LocalService::RemoveSegment(Context* context, const v1::RemoveSegmentRequest* request,
                                                   v1::RemoveSegmentResponse*)
{
    return answer(context, [=, this] {
        return status_of(context,
                         make_vni(request->vni()).and_then([&](ferry::Vni vni) { return api_.remove_segment(vni); }));
    });
}

LocalService::Reactor* LocalService::SetFlood(Context* context, const v1::SetFloodRequest* request,
                                              v1::SetFloodResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, make_vni(request->vni()).and_then([&](ferry::Vni vni) {
            return flood_of(request->flood()).and_then([&](std::vector<ferry::Ipv4Address> remotes) {
                return api_.set_flood(vni, std::move(remotes));
            });
        }));
    });
}

LocalService::Reactor* LocalService::ListVteps(Context* context, const v1::ListVtepsRequest*,
                                               v1::ListVtepsResponse* response)
{
    return answer(context, [=, this] {
        const auto vteps = api_.vteps();
        if (vteps)
            fill(*vteps, [&] { return response->add_vteps(); });
        return status_of(context, vteps);
    });
}

LocalService::Reactor* LocalService::AddVtep(Context* context, const v1::AddVtepRequest* request, v1::AddVtepResponse*)
{
    return answer(context, [=, this] {
        return status_of(
            context, from_message(request->vtep()).and_then([&](const VtepConfig& vtep) { return api_.add_vtep(vtep); }));
    });
}

LocalService::Reactor* LocalService::ChangeVtep(Context* context, const v1::ChangeVtepRequest* request,
                                                v1::ChangeVtepResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, from_message(request->vtep()).and_then([&](const VtepConfig& vtep) {
            return api_.change_vtep(vtep);
        }));
    });
}

LocalService::Reactor* LocalService::RemoveVtep(Context* context, const v1::RemoveVtepRequest* request,
                                                v1::RemoveVtepResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, parse_vtep_address(request->address()).and_then([&](ferry::Ipv4Address address) {
            return api_.remove_vtep(address);
        }));
    });
}

LocalService::Reactor* LocalService::ListLocalVteps(Context* context, const v1::ListLocalVtepsRequest*,
                                                    v1::ListLocalVtepsResponse* response)
{
    return answer(context, [=, this] {
        const auto vteps = api_.local_vteps();
        if (vteps)
            fill(*vteps, [&] { return response->add_vteps(); });
        return status_of(context, vteps);
    });
}

LocalService::Reactor* LocalService::AddLocalVtep(Context* context, const v1::AddLocalVtepRequest* request,
                                                  v1::AddLocalVtepResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, from_message(request->vtep()).and_then([&](const ferry::LocalVtep& vtep) {
            return api_.add_local_vtep(vtep);
        }));
    });
}

LocalService::Reactor* LocalService::RemoveLocalVtep(Context* context, const v1::RemoveLocalVtepRequest* request,
                                                     v1::RemoveLocalVtepResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, from_message(request->vtep()).and_then([&](const ferry::LocalVtep& vtep) {
            return api_.remove_local_vtep(vtep);
        }));
    });
}

Expected<std::vector<FdbStatus>> LocalService::rows_for(const v1::ListFdbRequest& request)
{
    if (!request.has_vni())
        return api_.fdb(std::nullopt);
    return make_vni(request.vni()).and_then([&](ferry::Vni vni) { return api_.fdb(vni); });
}

/// Writes rows, a message at a time. It goes when gRPC has done with it and its alarm has gone off.
class LocalService::FdbWriter final : public grpc::ServerWriteReactor<v1::ListFdbResponse> {
public:
    FdbWriter(Context* context, std::chrono::milliseconds longest) : context_(context)
    {
        alarm_.Set(std::chrono::system_clock::now() + longest, [this](bool time_is_up) {
            if (time_is_up)
                context_->TryCancel();
            let_go();
        });
    }

    void begin(std::vector<FdbStatus> rows)
    {
        rows_ = std::move(rows);
        write();
    }

private:
    void OnWriteDone(bool ok) override
    {
        if (ok)
            write();
        else
            Finish(grpc::Status::CANCELLED);  // the client has gone, or is too slow
    }
    void OnDone() override
    {
        alarm_.Cancel();
        let_go();
    }
    void write()
    {
        if (next_ == rows_.size())
            return Finish(grpc::Status::OK);
        message_.Clear();
        for (const std::size_t end = std::min(next_ + rows_in_message, rows_.size()); next_ < end; ++next_)
            *message_.add_rows() = to_message(rows_[next_]);
        StartWrite(&message_);
    }
    void let_go()
    {
        if (holders_.fetch_sub(1) == 1)
            delete this;
    }

    Context* const context_;
    std::vector<FdbStatus> rows_;
    std::size_t next_ = 0;
    v1::ListFdbResponse message_;
    std::atomic<int> holders_ = 2;  ///< gRPC's call, and the alarm
    grpc::Alarm alarm_;
};

grpc::ServerWriteReactor<v1::ListFdbResponse>* LocalService::ListFdb(Context* context, const v1::ListFdbRequest* request)
{
    auto* const writer = new FdbWriter(context, longest_);
    const auto begin = [=, this] {
        std::vector<FdbStatus> rows;
        const grpc::Status status = guarded([&] {
            const auto found = rows_for(*request);
            if (found)
                rows = *found;
            return status_of(context, found);
        });
        status.ok() ? writer->begin(std::move(rows)) : writer->Finish(status);
    };
    if (!threads_.run(begin))
        writer->Finish(too_many_calls());
    return writer;
}

LocalService::Reactor* LocalService::SetFdb(Context* context, const v1::SetFdbRequest* request,
                                            v1::SetFdbResponse* response)
{
    return answer(context, [=, this] {
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
    });
}

LocalService::Reactor* LocalService::RemoveFdb(Context* context, const v1::RemoveFdbRequest* request,
                                               v1::RemoveFdbResponse* response)
{
    return answer(context, [=, this] {
        const auto change = make_vni(request->vni()).and_then([&](ferry::Vni vni) {
            return parse_unicast_mac(request->mac()).and_then([&](ferry::MacAddress mac) {
                return api_.remove_fdb(vni, mac);
            });
        });
        if (change)
            *response->mutable_change() = to_message(*change);
        return status_of(context, change);
    });
}

LocalService::Reactor* LocalService::GetStats(Context* context, const v1::GetStatsRequest*,
                                              v1::GetStatsResponse* response)
{
    return answer(context, [=, this] {
        const auto stats = api_.stats();
        if (stats)
            *response = to_message(*stats);
        return status_of(context, stats);
    });
}

LocalService::Reactor* LocalService::SetWorkerThreads(Context* context, const v1::SetWorkerThreadsRequest* request,
                                                      v1::SetWorkerThreadsResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, api_.set_worker_threads(request->threads()));
    });
}

LocalService::Reactor* LocalService::ListMoves(Context* context, const v1::ListMovesRequest* request,
                                               v1::ListMovesResponse* response)
{
    return answer(context, [=, this] {
        const auto moves = api_.move_statuses(request->after());
        if (moves)
            fill(*moves, [&] { return response->add_moves(); });
        return status_of(context, moves);
    });
}

LocalService::Reactor* LocalService::HoldPort(Context* context, const v1::HoldPortRequest* request,
                                              v1::HoldPortResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, parse_port_name(request->name()).and_then([&](const std::string& name) {
            return api_.hold_port(name);
        }));
    });
}

LocalService::Reactor* LocalService::ReleasePort(Context* context, const v1::ReleasePortRequest* request,
                                                 v1::ReleasePortResponse*)
{
    return answer(context, [=, this] {
        return status_of(context, parse_port_name(request->name()).and_then([&](const std::string& name) {
            return api_.release_port(name);
        }));
    });
}

LocalService::Reactor* LocalService::ListPeers(Context* context, const v1::ListPeersRequest*,
                                               v1::ListPeersResponse* response)
{
    return answer(context, [=, this] {
        const auto peers = api_.peers();
        if (peers)
            fill(*peers, [&] { return response->add_peers(); });
        return status_of(context, peers);
    });
}

}  // namespace ferryd
