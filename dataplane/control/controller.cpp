#include "control/controller.hpp"

#include "control/controller_impl.hpp"

namespace ferryd {

Expected<std::unique_ptr<Controller>> Controller::start(const Config& config, HostMessenger* messenger, TermFile* term)
{
    auto impl = std::make_unique<Impl>(config, messenger, term);
    constexpr std::chrono::milliseconds period{10};
    impl->control = std::make_unique<ControlThread>(period, [self = impl.get()] { self->round(); });
    auto controller = std::unique_ptr<Controller>(new Controller(std::move(impl)));
    Impl& state = *controller->impl_;
    auto started = state.control->call([&state] { return state.start(); });
    if (!started)
        return tl::unexpected(started.error());
    return controller;
}

Controller::Controller(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Controller::~Controller()
{
    impl_->control->end([this] { impl_->stop(); });
}

Expected<void> Controller::add_port(const PortConfig& port)
{
    return impl_->control->call([&] { return impl_->add_port(port); });
}

Expected<void> Controller::remove_port(const std::string& name)
{
    return impl_->control->call([&] { return impl_->remove_port(name); });
}

Expected<std::vector<PortStatus>> Controller::ports()
{
    return impl_->control->call([&]() -> Expected<std::vector<PortStatus>> { return impl_->port_statuses(); });
}

Expected<void> Controller::add_segment(const SegmentConfig& segment)
{
    return impl_->control->call([&] { return impl_->add_segment(segment); });
}

Expected<void> Controller::remove_segment(ferry::Vni vni)
{
    return impl_->control->call([&] { return impl_->remove_segment(vni); });
}

Expected<void> Controller::set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes)
{
    return impl_->control->call([&] { return impl_->set_flood(vni, std::move(remotes)); });
}

Expected<std::vector<SegmentStatus>> Controller::segments()
{
    return impl_->control->call([&]() -> Expected<std::vector<SegmentStatus>> { return impl_->segments(); });
}

Expected<void> Controller::add_vtep(const VtepConfig& vtep)
{
    return impl_->control->call([&] { return impl_->add_vtep(vtep); });
}

Expected<void> Controller::change_vtep(const VtepConfig& vtep)
{
    return impl_->control->call([&] { return impl_->change_vtep(vtep); });
}

Expected<void> Controller::remove_vtep(ferry::Ipv4Address address)
{
    return impl_->control->call([&] { return impl_->remove_vtep(address); });
}

Expected<std::vector<VtepStatus>> Controller::vteps()
{
    return impl_->control->call([&]() -> Expected<std::vector<VtepStatus>> { return impl_->vteps(); });
}

Expected<void> Controller::add_local_vtep(const ferry::LocalVtep& vtep)
{
    return impl_->control->call([&] { return impl_->add_local_vtep(vtep); });
}

Expected<void> Controller::remove_local_vtep(const ferry::LocalVtep& vtep)
{
    return impl_->control->call([&] { return impl_->remove_local_vtep(vtep); });
}

Expected<std::vector<ferry::LocalVtep>> Controller::local_vteps()
{
    return impl_->control->call([&]() -> Expected<std::vector<ferry::LocalVtep>> { return impl_->local_vteps(); });
}

Expected<FdbChange> Controller::set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode)
{
    const Stamp asked = stamp_now();
    return impl_->control->call([&] { return impl_->set_fdb(vni, mac, place, mode, asked); });
}

Expected<FdbChange> Controller::remove_fdb(ferry::Vni vni, ferry::MacAddress mac)
{
    const Stamp asked = stamp_now();
    return impl_->control->call([&] { return impl_->remove_fdb(vni, mac, asked); });
}

Expected<std::vector<FdbStatus>> Controller::fdb(std::optional<ferry::Vni> vni)
{
    return impl_->control->call([&] { return impl_->fdb(vni); });
}

Expected<StatsStatus> Controller::stats()
{
    return impl_->control->call([&]() -> Expected<StatsStatus> { return impl_->stats(); });
}

Expected<void> Controller::set_worker_threads(std::uint32_t count)
{
    return impl_->control->call([&] { return impl_->set_worker_threads(count); });
}

Expected<void> Controller::hold_port(const std::string& name)
{
    return impl_->control->call([&] { return impl_->hold_port(name); });
}

Expected<void> Controller::release_port(const std::string& name)
{
    return impl_->control->call([&] { return impl_->release_port(name); });
}

Expected<std::vector<MoveStatus>> Controller::move_statuses(std::uint64_t after)
{
    return impl_->control->call([&]() -> Expected<std::vector<MoveStatus>> { return impl_->move_statuses(after); });
}

Expected<std::vector<PeerStatus>> Controller::peers()
{
    return impl_->messenger == nullptr ? std::vector<PeerStatus>{} : impl_->messenger->peers();
}

void Controller::received(ferry::move::Host from, const std::string&, const ferry::move::Message& message, bool allowed, Way way)
{
    // A lost message is repeated by the host that sent it.
    if (impl_->inbox.push({from, message, allowed, way}) == Inbox::Pushed::first)
        impl_->control->post([impl = impl_.get()] { impl->take_messages(); });
}

void Controller::unreachable(ferry::move::Host host)
{
    impl_->control->post([impl = impl_.get(), host] { impl->unreachable(host); });
}

void Controller::reached(ferry::move::Host, const std::string&) {}

}  // namespace ferryd
