// The service Ferry of ferry.proto over a ControlApi: requests checked and turned into calls, results into answers.
#pragma once

#include <chrono>

#include "control/control_api.hpp"
#include "ferry.grpc.pb.h"
#include "rpc/call_bound.hpp"
#include "rpc/messages.hpp"

namespace ferryd {

class LocalService final : public v1::Ferry::Service {
public:
    /// `api` must outlive the service. A call that takes longer than `longest` is ended.
    LocalService(ControlApi& api, std::chrono::milliseconds longest) : api_(api), bound_(longest) {}

private:
    // As ferry.proto has them.
    template <typename Message>
    using Writer = grpc::ServerWriter<Message>;
    using Context = grpc::ServerContext;
    using Status = grpc::Status;

    Status ListPorts(Context*, const v1::ListPortsRequest*, v1::ListPortsResponse*) override;
    Status AddPort(Context*, const v1::AddPortRequest*, v1::AddPortResponse*) override;
    Status RemovePort(Context*, const v1::RemovePortRequest*, v1::RemovePortResponse*) override;

    Status ListSegments(Context*, const v1::ListSegmentsRequest*, v1::ListSegmentsResponse*) override;
    Status AddSegment(Context*, const v1::AddSegmentRequest*, v1::AddSegmentResponse*) override;
    Status RemoveSegment(Context*, const v1::RemoveSegmentRequest*, v1::RemoveSegmentResponse*) override;
    Status SetFlood(Context*, const v1::SetFloodRequest*, v1::SetFloodResponse*) override;

    Status ListVteps(Context*, const v1::ListVtepsRequest*, v1::ListVtepsResponse*) override;
    Status AddVtep(Context*, const v1::AddVtepRequest*, v1::AddVtepResponse*) override;
    Status ChangeVtep(Context*, const v1::ChangeVtepRequest*, v1::ChangeVtepResponse*) override;
    Status RemoveVtep(Context*, const v1::RemoveVtepRequest*, v1::RemoveVtepResponse*) override;

    Status ListFdb(Context*, const v1::ListFdbRequest*, Writer<v1::ListFdbResponse>*) override;
    Status SetFdb(Context*, const v1::SetFdbRequest*, v1::SetFdbResponse*) override;
    Status RemoveFdb(Context*, const v1::RemoveFdbRequest*, v1::RemoveFdbResponse*) override;

    Status GetStats(Context*, const v1::GetStatsRequest*, v1::GetStatsResponse*) override;
    Status SetWorkerThreads(Context*, const v1::SetWorkerThreadsRequest*, v1::SetWorkerThreadsResponse*) override;
    Status ListMoves(Context*, const v1::ListMovesRequest*, v1::ListMovesResponse*) override;
    Status HoldPort(Context*, const v1::HoldPortRequest*, v1::HoldPortResponse*) override;
    Status ReleasePort(Context*, const v1::ReleasePortRequest*, v1::ReleasePortResponse*) override;
    Status ListPeers(Context*, const v1::ListPeersRequest*, v1::ListPeersResponse*) override;

    ControlApi& api_;
    CallBound bound_;
};

}  // namespace ferryd
