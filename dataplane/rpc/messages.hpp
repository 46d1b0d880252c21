// ferryd's values as messages of ferry.proto and back. Messages to values checks everything that text and numbers can
// get wrong and fails with invalid_argument.
#pragma once

#include <cstdint>
#include <vector>

#include <ferry/error.hpp>

#include "config/config.hpp"
#include "control/control_api.hpp"
#include "control/status.hpp"
#include "ferry.pb.h"

namespace ferryd {

namespace v1 = ferry::v1;

v1::Port to_message(const PortConfig& port);
v1::Segment to_message(const SegmentConfig& segment);
v1::Vtep to_message(const VtepConfig& vtep);
v1::LocalVtep to_message(const ferry::LocalVtep& vtep);

Expected<PortConfig> from_message(const v1::Port& port);
Expected<SegmentConfig> from_message(const v1::Segment& segment);
Expected<VtepConfig> from_message(const v1::Vtep& vtep);
Expected<ferry::LocalVtep> from_message(const v1::LocalVtep& vtep);
Expected<ControlApi::Place> place_of(const v1::SetFdbRequest& request);
Expected<ControlApi::FdbMode> mode_of(const v1::SetFdbRequest& request);
/// A flood list: VTEP addresses, each once.
Expected<std::vector<ferry::Ipv4Address>> flood_of(const google::protobuf::RepeatedPtrField<std::string>& texts);

v1::PortStatus to_message(const PortStatus& port);
v1::Segment to_message(const SegmentStatus& segment);
v1::VtepStatus to_message(const VtepStatus& vtep);
v1::FdbRow to_message(const FdbStatus& row);
v1::GetStatsResponse to_message(const StatsStatus& stats);
v1::FdbChange to_message(const FdbChange& change);
v1::Peer to_message(const PeerStatus& peer);
v1::Move to_message(const MoveStatus& move);

Expected<PortStatus> from_message(const v1::PortStatus& port);
Expected<SegmentStatus> status_of(const v1::Segment& segment);
Expected<VtepStatus> from_message(const v1::VtepStatus& vtep);
Expected<FdbStatus> from_message(const v1::FdbRow& row);
Expected<StatsStatus> from_message(const v1::GetStatsResponse& stats);
Expected<FdbChange> from_message(const v1::FdbChange& change);
Expected<PeerStatus> from_message(const v1::Peer& peer);
/// Phases that this program does not know are left out.
Expected<MoveStatus> from_message(const v1::Move& move);

/// Reads a list of texts with `parse`; each may stand in it once.
template <typename T, typename Parse>
Expected<std::vector<T>> read_list(const google::protobuf::RepeatedPtrField<std::string>& texts, Parse parse)
{
    std::vector<T> values;
    for (const std::string& text : texts) {
        Expected<T> value = parse(text);
        if (!value)
            return tl::unexpected(std::move(value.error()));
        for (const T& other : values)
            if (other == *value)
                return ferry::fail(ferry::ErrorCode::invalid_argument, '"' + text + "\" stands in the list twice");
        values.push_back(std::move(*value));
    }
    return values;
}

/// Reads a list of messages into values.
template <typename T, typename Message>
Expected<std::vector<T>> read_messages(const google::protobuf::RepeatedPtrField<Message>& messages,
                                       Expected<T> (*read)(const Message&))
{
    std::vector<T> values;
    values.reserve(static_cast<std::size_t>(messages.size()));
    for (const Message& message : messages) {
        Expected<T> value = read(message);
        if (!value)
            return tl::unexpected(std::move(value.error()));
        values.push_back(std::move(*value));
    }
    return values;
}

}  // namespace ferryd
