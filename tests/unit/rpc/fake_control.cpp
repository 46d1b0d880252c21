#include "fake_control.hpp"

namespace ferryd {

Expected<void> FakeControl::done() const
{
    if (error)
        return tl::unexpected(*error);
    return {};
}

void FakeControl::close_gate()
{
    const std::lock_guard lock(mutex_);
    closed_ = true;
}

void FakeControl::open_gate()
{
    {
        const std::lock_guard lock(mutex_);
        closed_ = false;
    }
    opened_.notify_all();
}

int FakeControl::waiting_at_gate()
{
    const std::lock_guard lock(mutex_);
    return waiting_;
}

Expected<void> FakeControl::add_port(const PortConfig& given)
{
    port = given;
    return done();
}

Expected<void> FakeControl::remove_port(const std::string& name)
{
    removed_port = name;
    return done();
}

Expected<std::vector<PortStatus>> FakeControl::ports()
{
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait(lock, [&] { return !closed_; });
    --waiting_;
    return answer(port_list);
}

Expected<void> FakeControl::add_segment(const SegmentConfig& given)
{
    segment = given;
    return done();
}

Expected<void> FakeControl::remove_segment(ferry::Vni given)
{
    vni = given;
    return done();
}

Expected<void> FakeControl::set_flood(ferry::Vni given, std::vector<ferry::Ipv4Address> remotes)
{
    vni = given;
    flood = std::move(remotes);
    return done();
}

Expected<std::vector<SegmentStatus>> FakeControl::segments()
{
    return answer(segment_list);
}

Expected<void> FakeControl::add_vtep(const VtepConfig& given)
{
    vtep = given;
    changed_vtep = false;
    return done();
}

Expected<void> FakeControl::change_vtep(const VtepConfig& given)
{
    vtep = given;
    changed_vtep = true;
    return done();
}

Expected<void> FakeControl::remove_vtep(ferry::Ipv4Address address)
{
    removed_vtep = address;
    return done();
}

Expected<std::vector<VtepStatus>> FakeControl::vteps()
{
    return answer(vtep_list);
}

Expected<void> FakeControl::add_local_vtep(const ferry::LocalVtep& given)
{
    local_vtep = given;
    return done();
}

Expected<void> FakeControl::remove_local_vtep(const ferry::LocalVtep& given)
{
    removed_local_vtep = given;
    return done();
}

Expected<std::vector<ferry::LocalVtep>> FakeControl::local_vteps()
{
    return answer(local_list);
}

Expected<FdbChange> FakeControl::set_fdb(ferry::Vni of, ferry::MacAddress whose, const Place& where, FdbMode how)
{
    vni = of;
    mac = whose;
    place = where;
    mode = how;
    return answer(change);
}

Expected<FdbChange> FakeControl::remove_fdb(ferry::Vni of, ferry::MacAddress whose)
{
    vni = of;
    mac = whose;
    return answer(change);
}

Expected<std::vector<FdbStatus>> FakeControl::fdb(std::optional<ferry::Vni> only)
{
    vni = only;
    return answer(row_list);
}

Expected<StatsStatus> FakeControl::stats()
{
    return answer(counters);
}

Expected<void> FakeControl::set_worker_threads(std::uint32_t count)
{
    worker_threads = count;
    return done();
}

Expected<std::vector<MoveStatus>> FakeControl::move_statuses(std::uint64_t from)
{
    after = from;
    return answer(move_list);
}

Expected<void> FakeControl::hold_port(const std::string& name)
{
    held_port = name;
    return done();
}

Expected<void> FakeControl::release_port(const std::string& name)
{
    released_port = name;
    return done();
}

Expected<std::vector<PeerStatus>> FakeControl::peers()
{
    return answer(peer_list);
}

}  // namespace ferryd
