// Where VXLAN is this host's: at its own VTEP, which stays, and at others that come and go.
#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::ErrorCode;
using ferry::LocalVtep;

/// At the start a port that cannot be reserved is no reason not to forward: the address may come, or the other socket go.
Expected<void> Controller::Impl::open_local_vteps()
{
    std::vector<LocalVtep> all{config.host.own_vtep()};
    all.insert(all.end(), config.host.also.begin(), config.host.also.end());
    for (const LocalVtep& vtep : all) {
        if (auto reserved = reserve(vtep))
            reservations.emplace_back(vtep, std::move(*reserved));
        else
            spdlog::warn("{}", reserved.error().sentence);
        if (auto taken = take_vxlan_at(vtep); !taken)
            return taken;
    }
    return {};
}

Expected<std::unique_ptr<PortReservation>> Controller::Impl::reserve(const LocalVtep& vtep) const
{
    using Address = PortReservation::Address;
    return PortReservation::make(vtep.address, vtep.port, host_interface != nullptr ? Address::may_come_later : Address::is_there);
}

/// Workers first: what is steered to them before they take it would be lost.
Expected<void> Controller::Impl::take_vxlan_at(const LocalVtep& vtep)
{
    const bool own = vtep == config.host.own_vtep();  // which every worker knows
    if (!own)
        if (auto added = tables->local_vteps().add(vtep); !added)
            return added;
    auto steered = underlay->steer_to(vtep_key_of(vtep.address, vtep.port));
    if (!steered && !own)
        static_cast<void>(tables->local_vteps().remove(vtep));
    return steered;
}

Expected<void> Controller::Impl::add_local_vtep(const LocalVtep& vtep)
{
    if (auto checked = ferry::check_local_vtep(vtep); !checked)
        return checked;
    if (vtep == config.host.own_vtep() || tables->local_vteps().has(vtep))
        return ferry::fail(ErrorCode::already_exists,
                           fmt::format("VXLAN to UDP port {} of {} is this host's already", vtep.port, vtep.address.to_string()));
    if (vtep_id(vtep.address))
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("{} is a remote VTEP; remove that first (ferryctl vtep del)", vtep.address.to_string()));
    auto reserved = reserve(vtep);
    if (!reserved)
        return tl::unexpected(reserved.error());
    if (auto taken = take_vxlan_at(vtep); !taken)
        return taken;
    reservations.emplace_back(vtep, std::move(*reserved));
    spdlog::info("VXLAN to UDP port {} of {} is this host's", vtep.port, vtep.address.to_string());
    return {};
}

Expected<void> Controller::Impl::remove_local_vtep(const LocalVtep& vtep)
{
    if (vtep == config.host.own_vtep())
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("{} is host.vtep, from which this host sends; it stays until ferryd ends", vtep.address.to_string()));
    if (!tables->local_vteps().has(vtep))
        return tables->local_vteps().remove(vtep);  // which says that it is none
    if (auto steered = underlay->steer_away(vtep_key_of(vtep.address, vtep.port)); !steered)
        return steered;
    static_cast<void>(tables->local_vteps().remove(vtep));
    std::erase_if(reservations, [&](const auto& each) { return each.first == vtep; });
    spdlog::info("VXLAN to UDP port {} of {} is not this host's any more", vtep.port, vtep.address.to_string());
    return {};
}

std::vector<LocalVtep> Controller::Impl::local_vteps() const
{
    std::vector<LocalVtep> all = tables->local_vteps().all();
    all.insert(all.begin(), config.host.own_vtep());
    return all;
}

}  // namespace ferryd
