// Places that are made once and linked, so that nothing is allocated while frames come.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

#include <ferry/error.hpp>

namespace ferry::move {

/// A fixed number of them, taken and given back one at a time. `Place` has a member `next`, which is the taker's while it is
/// taken. Not for several threads at once.
template <typename Place>
class Places {
public:
    static constexpr std::uint32_t none = 0xffff'ffff;

    /// Fails with no_memory.
    static Expected<std::unique_ptr<Places>> make(std::uint32_t places)
    {
        auto made = std::unique_ptr<Places>(new (std::nothrow) Places);
        if (made != nullptr)
            made->places_.reset(new (std::nothrow) Place[std::max(places, 1U)]);
        if (made == nullptr || made->places_ == nullptr)
            return fail(ErrorCode::no_memory, "no memory for frames that wait and their senders");
        for (std::uint32_t i = 0; i < places; ++i)
            made->places_[i].next = i + 1 < places ? i + 1 : none;
        made->free_ = places > 0 ? 0 : none;
        return made;
    }

    /// none where all are taken. What the place held before is still in it.
    std::uint32_t take() noexcept
    {
        const std::uint32_t place = free_;
        if (place != none)
            free_ = places_[place].next;
        return place;
    }
    void give_back(std::uint32_t place) noexcept
    {
        places_[place].next = free_;
        free_ = place;
    }
    Place& operator[](std::uint32_t place) noexcept { return places_[place]; }

private:
    Places() = default;
    std::unique_ptr<Place[]> places_;
    std::uint32_t free_ = none;
};

}  // namespace ferry::move
