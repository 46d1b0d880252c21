// What ferryd tells, as ferryctl -j prints it. ferryctl(8) describes the keys; programs depend on them.
#pragma once

#include <ferry/table/local_vteps.hpp>

#include "cli/output.hpp"
#include "control/move_status.hpp"
#include "control/status.hpp"

namespace ferryd {

Json to_json(const PortStatus& port);
Json to_json(const SegmentStatus& segment);
Json to_json(const VtepStatus& vtep);
Json to_json(const ferry::LocalVtep& vtep);
Json to_json(const FdbStatus& row);
Json to_json(const StatsStatus& stats);
Json to_json(const WorkerStatus& worker);
Json to_json(const FdbChange& change);
Json to_json(const MoveStatus& move);
Json to_json(const PeerStatus& peer);

template <typename T>
Json to_json(const std::vector<T>& values)
{
    Json list = Json::array();
    for (const T& value : values)
        list.push_back(to_json(value));
    return list;
}

const char* name_of(ferry::RowKind kind) noexcept;
const char* name_of(ferry::RowOrigin origin) noexcept;

/// The text forms of a list of addresses.
template <typename T>
std::vector<std::string> texts_of(const std::vector<T>& addresses)
{
    std::vector<std::string> texts;
    for (const T& address : addresses)
        texts.push_back(address.to_string());
    return texts;
}

}  // namespace ferryd
