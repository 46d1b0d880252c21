// Stands for the controller: keeps what it was asked, answers what the test has put into it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/control_api.hpp"

namespace ferryd {

class FakeControl final : public ControlApi, public PeerApi {
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
    std::optional<ferry::MacAddress> mac;
    Place place;
    std::optional<FdbMode> mode;
    std::uint64_t after = 0;

    // What is answered.
    std::optional<ferry::Error> error;  ///< where it is set, everything fails with it
    std::vector<PortStatus> port_list;
    std::vector<SegmentStatus> segment_list;
    std::vector<VtepStatus> vtep_list;
    std::vector<FdbStatus> row_list;
    StatsStatus counters;
    MoveEvent event;
    std::vector<MoveEvent> event_list;

    /// The places that peers told of, in order.
    std::vector<EndpointPlace> places();
    /// The version that stands from now on; 0: the one that is told.
    std::atomic<std::uint64_t> standing = 0;
    /// How many of the next messages of peers are answered with unavailable.
    std::atomic<int> unavailable_times = 0;
    /// The endpoint whose messages are always answered with unavailable.
    std::atomic<std::uint64_t> never = 0;

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
    Expected<MoveEvent> set_fdb(ferry::Vni of, ferry::MacAddress whose, const Place& where, FdbMode how) override;
    Expected<MoveEvent> remove_fdb(ferry::Vni of, ferry::MacAddress whose) override;
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> only) override;
    Expected<StatsStatus> stats() override;
    Expected<std::vector<MoveEvent>> moves(std::uint64_t from) override;
    Expected<std::uint64_t> endpoint_moved(const EndpointPlace& told) override;

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
    std::vector<EndpointPlace> places_;
};

}  // namespace ferryd
