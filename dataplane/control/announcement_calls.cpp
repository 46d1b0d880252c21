// What a program on an attachment's kernel interface saw of its VM (xdp/announcements.hpp).
//
// An attachment on the kernel has no ring whose start tells that its VM runs here; an announcement (RARP, gratuitous
// ARP, unsolicited neighbour advertisement) says so. It starts the port as `ferryctl release` does, or an endpoint
// whose row has been lost to another place, so that the endpoint is claimed from the host that has it. Where the row
// says already that the endpoint is here nothing is done: what a VM says between `ferryctl hold` and its pause does not
// undo the hold.
//
// The worker that polls a port has the same frames, but makes no claim of them: it learns rows, and those only where
// the port names no MACs. Such a row is left to it, so that nothing is done twice.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::Row;
using ferry::RowKind;
using ferry::RowOrigin;

namespace {

/// A running port is started again because of an announcement at most so often, in nanoseconds.
constexpr std::int64_t announced_rest = 1'000'000'000;

const char* name_of_kind(std::uint8_t kind) noexcept
{
    switch (kind) {
    case ANNOUNCED_BY_RARP: return "RARP";
    case ANNOUNCED_BY_ARP: return "gratuitous ARP";
    default: return "neighbour advertisement";
    }
}

}  // namespace

/// Has announcements seen on the port's kernel interface. Where that cannot be, the port goes on without.
void Controller::Impl::watch(AttachedPort& port)
{
    const auto interface = static_cast<const EthdevPort&>(*port.port).kernel_interface();
    if (port.config.announcements != AnnouncementSource::kernel || !interface || announcements_refused)
        return;
    if (announcements == nullptr) {
        auto loaded = Announcements::load(config.limits.attachments, [this] { control->wake(); });
        if (!loaded) {
            announcements_refused = true;
            spdlog::warn("{}; ports go without (announcements = \"frames\")", loaded.error().sentence);
            return;
        }
        announcements = std::move(*loaded);
    }
    if (auto watched = announcements->watch(interface->index, interface->from_port); !watched)
        spdlog::warn("port {}: {}; it goes without (announcements = \"frames\")", port.name(),
                     watched.error().sentence);
    else
        port.watched = interface->index;
}

void Controller::Impl::forget(AttachedPort& port)
{
    if (port.watched != 0)
        announcements->forget(std::exchange(port.watched, 0));
}

void Controller::Impl::take_announcements()
{
    if (announcements == nullptr)
        return;
    for (const announcement& seen : announcements->take())
        take(seen);
}

/// Whether the row says that the endpoint is here: not while what comes for it is sent on to a host that was granted
/// it.
bool Controller::Impl::is_here(const AttachedPort& port, const ferry::move::Key& key, Row present) const
{
    if (present.kind() != RowKind::local && present.kind() != RowKind::gated)
        return false;
    const auto local = moves->local.find(key);
    return present.attachment() == port.attachment && !(local != moves->local.end() && local->second.relaying);
}

void Controller::Impl::take(const announcement& seen)
{
    ++announced.seen;
    AttachedPort* const port = ports.find_watched(static_cast<int>(seen.interface));
    if (port == nullptr)
        return;  // it has gone
    ferry::MacAddress mac;
    std::copy(std::begin(seen.mac), std::end(seen.mac), mac.bytes.begin());
    const auto& macs = port->config.macs;
    const ferry::move::Key key{port->config.vni, mac};
    const Row present = row(key.vni, key.mac);
    const bool here = is_here(*port, key, present);
    const bool is_permanent = !present.is_absent() && present.origin() == RowOrigin::permanent;
    const auto local = moves->local.find(key);
    const bool is_ports = macs.empty() || (local != moves->local.end() && local->second.port == port);
    if (!is_ports || (is_permanent && !here)) {
        ++announced.refused;
        return;
    }
    const auto time = static_cast<std::int64_t>(seen.time);
    if (here || (!port->held && (macs.empty() || !port->started || time - port->announced < announced_rest)))
        return;
    ++announced.started;
    port->announced = time;
    spdlog::info("port {}: {} has announced itself ({})", port->name(), mac.to_string(), name_of_kind(seen.kind));
    if (port->held)
        release(*port, stamp_of(time));
    else
        port_started(*port, stamp_of(time));
}

AnnouncementStatus Controller::Impl::announcement_status() const
{
    AnnouncementStatus status = announced;
    if (announcements != nullptr) {
        const UntoldAnnouncements untold = announcements->untold();
        status.lost = untold.lost;
        status.limited = untold.limited;
    }
    return status;
}

}  // namespace ferryd
