// ferryd's API as a client sees it: a ControlApi whose calls go over the Unix socket.
#pragma once

#include <filesystem>
#include <memory>

#include "control/control_api.hpp"

namespace ferryd {

/// Any thread may call it.
class Client final : public ControlApi {
public:
    /// Fails with unavailable where nobody listens on `socket` or it may not be opened.
    static Expected<std::unique_ptr<Client>> connect(const std::filesystem::path& socket);
    ~Client() override;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// True from the first call on that failed without a word from ferryd: it is not reachable any more.
    bool lost() const noexcept;

    Expected<void> add_port(const PortConfig& port) override;
    Expected<void> remove_port(const std::string& name) override;
    Expected<std::vector<PortStatus>> ports() override;

    Expected<void> add_segment(const SegmentConfig& segment) override;
    Expected<void> remove_segment(ferry::Vni vni) override;
    Expected<void> set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes) override;
    Expected<std::vector<SegmentStatus>> segments() override;

    Expected<void> add_vtep(const VtepConfig& vtep) override;
    Expected<void> change_vtep(const VtepConfig& vtep) override;
    Expected<void> remove_vtep(ferry::Ipv4Address address) override;
    Expected<std::vector<VtepStatus>> vteps() override;
    Expected<void> add_local_vtep(const ferry::LocalVtep& vtep) override;
    Expected<void> remove_local_vtep(const ferry::LocalVtep& vtep) override;
    Expected<std::vector<ferry::LocalVtep>> local_vteps() override;

    Expected<FdbChange> set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode) override;
    Expected<FdbChange> remove_fdb(ferry::Vni vni, ferry::MacAddress mac) override;
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> vni) override;

    Expected<StatsStatus> stats() override;
    Expected<void> set_worker_threads(std::uint32_t count) override;
    Expected<std::vector<MoveStatus>> move_statuses(std::uint64_t after) override;
    Expected<void> hold_port(const std::string& name) override;
    Expected<void> release_port(const std::string& name) override;
    Expected<std::vector<PeerStatus>> peers() override;

private:
    struct Connection;
    explicit Client(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

}  // namespace ferryd
