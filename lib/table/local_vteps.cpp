#include <ferry/table/local_vteps.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace ferry {

Expected<void> check_local_vtep(const LocalVtep& vtep)
{
    if (vtep.address.is_zero() || vtep.address.is_multicast())
        return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be a local VTEP's address", vtep.address.to_string()));
    if (vtep.port == 0)
        return fail(ErrorCode::invalid_argument, "UDP port 0 is reserved; VXLAN's is 4789");
    return {};
}

std::atomic<std::uint64_t>* LocalVteps::place_of(std::uint64_t word) noexcept
{
    const auto found = std::find_if(words_.begin(), words_.end(), [=](const std::atomic<std::uint64_t>& each) {
        return each.load(std::memory_order_relaxed) == word;
    });
    return found != words_.end() ? &*found : nullptr;
}

Expected<void> LocalVteps::add(const LocalVtep& vtep)
{
    if (auto checked = check_local_vtep(vtep); !checked)
        return checked;
    if (has(vtep))
        return fail(ErrorCode::already_exists, fmt::format("UDP port {} of {} is a local VTEP already", vtep.port, vtep.address.to_string()));
    std::atomic<std::uint64_t>* const place = place_of(0);
    if (place == nullptr)
        return fail(ErrorCode::table_full, fmt::format("there are {} further local VTEPs already; remove one first", most));
    place->store(word_of(vtep), std::memory_order_relaxed);
    return {};
}

Expected<void> LocalVteps::remove(const LocalVtep& vtep)
{
    std::atomic<std::uint64_t>* const place = check_local_vtep(vtep) ? place_of(word_of(vtep)) : nullptr;
    if (place == nullptr)
        return fail(ErrorCode::not_found,
                    fmt::format("UDP port {} of {} is no further local VTEP", vtep.port, vtep.address.to_string()));
    place->store(0, std::memory_order_relaxed);
    return {};
}

std::vector<LocalVtep> LocalVteps::all() const
{
    std::vector<LocalVtep> list;
    for (const std::atomic<std::uint64_t>& each : words_)
        if (const std::uint64_t word = each.load(std::memory_order_relaxed); word != 0)
            list.push_back({Ipv4Address::from_host(static_cast<std::uint32_t>(word >> 16)), static_cast<std::uint16_t>(word)});
    return list;
}

}  // namespace ferry
