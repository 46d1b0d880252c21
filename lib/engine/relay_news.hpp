// Who has come by rows that relay, and when that was told last.
#pragma once

#include <array>
#include <cstdint>

#include <ferry/engine/relay_queue.hpp>

namespace ferry::engine {

/// One worker's.
class RelayNews {
public:
    void note(FdbKey key, VtepId peer, std::uint32_t now_seconds) noexcept
    {
        Told& told = told_[(key.word() * 0x9e37'79b9'7f4a'7c15ULL + index_of(peer) * 0x85eb'ca6bULL) >> 58];
        if (told.key == key && told.peer == peer && told.at == now_seconds)
            return;
        if (queue.push({key, peer}))
            told = {key, peer, now_seconds};
    }

    RelayQueue queue;

private:
    struct Told {
        FdbKey key;
        VtepId peer{};
        std::uint32_t at = 0;
    };
    std::array<Told, 64> told_{};
};

}  // namespace ferry::engine
