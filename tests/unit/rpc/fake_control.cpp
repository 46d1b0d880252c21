#include "fake_control.hpp"

namespace ferryd {

Expected<void> FakeControl::done() const
{
    if (error)
        return tl::unexpected(*error);
    return {};
}

std::vector<EndpointPlace> FakeControl::places()
{
    const std::lock_guard lock(mutex_);
    return places_;
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

Expected<MoveEvent> FakeControl::set_fdb(ferry::Vni of, ferry::MacAddress whose, const Place& where, FdbMode how)
{
    vni = of;
    mac = whose;
    place = where;
    mode = how;
    return answer(event);
}

Expected<MoveEvent> FakeControl::remove_fdb(ferry::Vni of, ferry::MacAddress whose)
{
    vni = of;
    mac = whose;
    return answer(event);
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

Expected<std::vector<MoveEvent>> FakeControl::moves(std::uint64_t from)
{
    after = from;
    return answer(event_list);
}

Expected<std::uint64_t> FakeControl::endpoint_moved(const EndpointPlace& told)
{
    if (told.mac.to_u48() == never)
        return ferry::fail(ferry::ErrorCode::unavailable, "never");
    if (unavailable_times > 0) {
        --unavailable_times;
        return ferry::fail(ferry::ErrorCode::unavailable, "not now");
    }
    if (error)
        return tl::unexpected(*error);
    const std::lock_guard lock(mutex_);
    places_.push_back(told);
    return standing != 0 ? standing.load() : told.version;
}

}  // namespace ferryd
