// Whose frames a gate holds back, and whose it has passed on.
#pragma once

#include <array>
#include <cstdint>

#include <ferry/move/dock.hpp>

namespace ferry::move {

/// Who sent a frame, as far as its order goes: the frames of one VTEP, those that it relays as of an earlier claim, or
/// those of this host's attachments.
struct SenderId {
    VtepId peer = VtepId::none;
    bool from_attachment = false;
    bool relays = false;
    friend constexpr bool operator==(const SenderId&, const SenderId&) noexcept = default;
};

/// One sender's frames that wait, in order, and what they wait for.
template <typename Frame>
struct Sender {
    SenderId id;
    DockQueue<Frame> queue;
    bool ferry = false;
    std::int64_t free_at = 0;    ///< a sender that cannot mark: from then on its frames pass
    std::int64_t waited = 0;     ///< since when the first frame in the queue has been waiting for its stream; 0: not yet
    bool let_by = false;         ///< nobody has said what `let_by_stream` waits for, and it was waited for all the same
    std::uint8_t let_by_stream = 0;
    std::uint64_t let_by_passed = 0;  ///< how many marked frames of it had come then
    std::uint32_t next = 0;
};

/// The senders that one worker's gates know. That worker's only.
template <typename Frame>
using SenderPlaces = Places<Sender<Frame>>;

/// One gate's senders.
template <typename Frame>
class SenderList {
public:
    static constexpr std::uint32_t none = SenderPlaces<Frame>::none;

    /// The sender, a new one where it is not known yet; null where there is no room for another one.
    Sender<Frame>* find_or_add(SenderPlaces<Frame>& places, SenderId id) noexcept
    {
        for (std::uint32_t place = head_; place != none; place = places[place].next)
            if (places[place].id == id)
                return &places[place];
        const std::uint32_t place = places.take();
        if (place == none)
            return nullptr;
        places[place] = {};
        places[place].id = id;
        places[place].next = head_;
        head_ = place;
        return &places[place];
    }
    template <typename Visit>
    void for_each(SenderPlaces<Frame>& places, Visit visit)
    {
        for (std::uint32_t place = head_; place != none; place = places[place].next)
            visit(places[place]);
    }
    /// Their queues are empty.
    void clear(SenderPlaces<Frame>& places) noexcept
    {
        while (head_ != none) {
            const std::uint32_t place = head_;
            head_ = places[place].next;
            places.give_back(place);
        }
    }

private:
    std::uint32_t head_ = none;
};

/// Who has come, and when that was told last. Of more senders than it has room for some are told of more
/// often.
class SendersSeen {
public:
    static constexpr std::int64_t again = 1'000'000'000;

    /// True where it is to be told.
    bool note(SenderId id, std::int64_t now) noexcept
    {
        Seen& seen = seen_[(index_of(id.peer) + (id.from_attachment ? 1 : 0)) % seen_.size()];
        if (seen.told && seen.id == id && now - seen.at < again)
            return false;
        seen = {id, now, true};
        return true;
    }
    void clear() noexcept { seen_ = {}; }

private:
    struct Seen {
        SenderId id;
        std::int64_t at = 0;
        bool told = false;
    };
    std::array<Seen, 64> seen_{};
};

}  // namespace ferry::move
