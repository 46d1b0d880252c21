// Stands for the controller: keeps what it was asked, answers what the test has put into it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/control_api.hpp"

namespace ferryd {

class FakeControl final : public ControlApi {
public:
    // What was asked last.
    std::optional<PortConfig> port;
    std::string removed_port;
    std::optional<SegmentConfig> segment;
    std::optional<ferry::Vni> vni;
    std::vector<ferry::Ipv4Address> flood;
    std::optional<VtepConfig> vtep;
    bool changed_vtep = false;
    std::optional<ferry::Ipv4Address> removed_vtep;
    std::optional<ferry::LocalVtep> local_vtep, removed_local_vtep;
    std::optional<ferry::MacAddress> mac;
    Place place;
    std::optional<FdbMode> mode;
    std::uint64_t after = 0;
    std::string held_port, released_port;
    std::uint32_t worker_threads = 0;

    // What is answered.
    std::optional<ferry::Error> error;  ///< where it is set, everything fails with it
    std::vector<PortStatus> port_list;
    std::vector<SegmentStatus> segment_list;
    std::vector<VtepStatus> vtep_list;
    std::vector<ferry::LocalVtep> local_list;
    std::vector<FdbStatus> row_list;
    StatsStatus counters;
    FdbChange change;
    std::vector<MoveStatus> move_list;
    std::vector<PeerStatus> peer_list;

    /// While it is closed, ports() waits.
    void close_gate();
    void open_gate();
    int waiting_at_gate();

    Expected<void> add_port(const PortConfig& given) override;
    Expected<void> remove_port(const std::string& name) override;
    Expected<std::vector<PortStatus>> ports() override;
    Expected<void> add_segment(const SegmentConfig& given) override;
    Expected<void> remove_segment(ferry::Vni given) override;
    Expected<void> set_flood(ferry::Vni given, std::vector<ferry::Ipv4Address> remotes) override;
    Expected<std::vector<SegmentStatus>> segments() override;
    Expected<void> add_vtep(const VtepConfig& given) override;
    Expected<void> change_vtep(const VtepConfig& given) override;
    Expected<void> remove_vtep(ferry::Ipv4Address address) override;
    Expected<std::vector<VtepStatus>> vteps() override;
    Expected<void> add_local_vtep(const ferry::LocalVtep& vtep) override;
    Expected<void> remove_local_vtep(const ferry::LocalVtep& vtep) override;
    Expected<std::vector<ferry::LocalVtep>> local_vteps() override;
    Expected<FdbChange> set_fdb(ferry::Vni of, ferry::MacAddress whose, const Place& where, FdbMode how) override;
    Expected<FdbChange> remove_fdb(ferry::Vni of, ferry::MacAddress whose) override;
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> only) override;
    Expected<StatsStatus> stats() override;
    Expected<void> set_worker_threads(std::uint32_t count) override;
    Expected<std::vector<MoveStatus>> move_statuses(std::uint64_t from) override;
    Expected<void> hold_port(const std::string& name) override;
    Expected<void> release_port(const std::string& name) override;
    Expected<std::vector<PeerStatus>> peers() override;

private:
    Expected<void> done() const;
    template <typename T>
    Expected<T> answer(const T& value) const
    {
        if (error)
            return tl::unexpected(*error);
        return value;
    }

    std::mutex mutex_;
    std::condition_variable opened_;
    bool closed_ = false;
    int waiting_ = 0;
};

}  // namespace ferryd
