#include "control/place_book.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ferryd {

const EndpointPlace* PlaceBook::find(ferry::Vni vni, ferry::MacAddress mac) const
{
    const auto found = places_.find({vni, mac});
    return found == places_.end() ? nullptr : &found->second.place;
}

std::uint64_t PlaceBook::version(ferry::Vni vni, ferry::MacAddress mac) const
{
    const EndpointPlace* known = find(vni, mac);
    return known == nullptr ? 0 : known->version;
}

bool PlaceBook::is_news(const EndpointPlace& place) const
{
    const EndpointPlace* known = find(place.vni, place.mac);
    if (known == nullptr)
        return true;
    return place.version != known->version ? place.version > known->version : place.host > known->host;
}

ferry::Expected<void> PlaceBook::keep(const EndpointPlace& place)
{
    const Key key{place.vni, place.mac};
    if (places_.size() >= most_ && !places_.contains(key))
        return ferry::fail(ferry::ErrorCode::table_full,
                           fmt::format("the places of {} endpoints are known, which is the bound (limits.rows)", most_));
    places_[key].place = place;
    return {};
}

std::uint64_t PlaceBook::next_version(ferry::Vni vni, ferry::MacAddress mac) const
{
    const auto found = places_.find({vni, mac});
    return found == places_.end() ? 1 : std::max(found->second.place.version, found->second.heard) + 1;
}

void PlaceBook::heard(ferry::Vni vni, ferry::MacAddress mac, std::uint64_t version)
{
    const auto found = places_.find({vni, mac});
    if (found != places_.end())
        found->second.heard = std::max(found->second.heard, version);
}

void PlaceBook::forget(ferry::Vni vni)
{
    std::erase_if(places_, [vni](const auto& entry) { return entry.first.first == vni; });
}

}  // namespace ferryd
