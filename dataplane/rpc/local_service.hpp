// The service Ferry of ferry.proto over a ControlApi: requests checked and turned into calls, results into answers.
#pragma once

#include <chrono>

#include "control/control_api.hpp"
#include "ferry.grpc.pb.h"
#include "rpc/call_threads.hpp"
#include "rpc/messages.hpp"

namespace ferryd {

/// gRPC's own threads, which messages between hosts have too, never wait for the controller: each call runs on one of
/// the service's.
class LocalService final : public v1::Ferry::CallbackService {
public:
    static constexpr unsigned most_calls = 16;  ///< at a time; more are refused, as ferry.proto promises

    /// `api` must outlive the service. A call whose client takes longer than `longest` to read is ended.
    LocalService(ControlApi& api, std::chrono::milliseconds longest) : api_(api), longest_(longest) {}

private:
    class FdbWriter;
    // As ferry.proto has them.
    using Context = grpc::CallbackServerContext;
    using Reactor = grpc::ServerUnaryReactor;

    Reactor* ListPorts(Context*, const v1::ListPortsRequest*, v1::ListPortsResponse*) override;
    Reactor* AddPort(Context*, const v1::AddPortRequest*, v1::AddPortResponse*) override;
    Reactor* RemovePort(Context*, const v1::RemovePortRequest*, v1::RemovePortResponse*) override;

    Reactor* ListSegments(Context*, const v1::ListSegmentsRequest*, v1::ListSegmentsResponse*) override;
    Reactor* AddSegment(Context*, const v1::AddSegmentRequest*, v1::AddSegmentResponse*) override;
    Reactor* RemoveSegment(Context*, const v1::RemoveSegmentRequest*, v1::RemoveSegmentResponse*) override;
    Reactor* SetFlood(Context*, const v1::SetFloodRequest*, v1::SetFloodResponse*) override;

    Reactor* ListVteps(Context*, const v1::ListVtepsRequest*, v1::ListVtepsResponse*) override;
    Reactor* AddVtep(Context*, const v1::AddVtepRequest*, v1::AddVtepResponse*) override;
    Reactor* ChangeVtep(Context*, const v1::ChangeVtepRequest*, v1::ChangeVtepResponse*) override;
    Reactor* RemoveVtep(Context*, const v1::RemoveVtepRequest*, v1::RemoveVtepResponse*) override;
    Reactor* ListLocalVteps(Context*, const v1::ListLocalVtepsRequest*, v1::ListLocalVtepsResponse*) override;
    Reactor* AddLocalVtep(Context*, const v1::AddLocalVtepRequest*, v1::AddLocalVtepResponse*) override;
    Reactor* RemoveLocalVtep(Context*, const v1::RemoveLocalVtepRequest*, v1::RemoveLocalVtepResponse*) override;

    grpc::ServerWriteReactor<v1::ListFdbResponse>* ListFdb(Context*, const v1::ListFdbRequest*) override;
    Reactor* SetFdb(Context*, const v1::SetFdbRequest*, v1::SetFdbResponse*) override;
    Reactor* RemoveFdb(Context*, const v1::RemoveFdbRequest*, v1::RemoveFdbResponse*) override;

    Reactor* GetStats(Context*, const v1::GetStatsRequest*, v1::GetStatsResponse*) override;
    Reactor* SetWorkerThreads(Context*, const v1::SetWorkerThreadsRequest*, v1::SetWorkerThreadsResponse*) override;
    Reactor* ListMoves(Context*, const v1::ListMovesRequest*, v1::ListMovesResponse*) override;
    Reactor* HoldPort(Context*, const v1::HoldPortRequest*, v1::HoldPortResponse*) override;
    Reactor* ReleasePort(Context*, const v1::ReleasePortRequest*, v1::ReleasePortResponse*) override;
    Reactor* ListPeers(Context*, const v1::ListPeersRequest*, v1::ListPeersResponse*) override;

    template <typename Body>
    Reactor* answer(Context* context, Body body);
    Expected<std::vector<FdbStatus>> rows_for(const v1::ListFdbRequest& request);

    ControlApi& api_;
    const std::chrono::milliseconds longest_;
    CallThreads threads_{most_calls};
};

}  // namespace ferryd
