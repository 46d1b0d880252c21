// Messages of other hosts on their way from the transport's threads to the control thread.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include <ferry/move/message.hpp>

#include "control/host_messages.hpp"

namespace ferryd {

/// Keeps what has come until the control thread takes all of it at once, so that a thousand endpoints that are asked for
/// together are not a thousand tasks.
class Inbox {
public:
    static constexpr std::size_t most = 16'384;

    struct Received {
        ferry::move::Host from;
        ferry::move::Message message;
        bool allowed = false;
        Way way = Way::stream;
    };
    /// What became of a message: the first one since take() asks for a take().
    enum class Pushed { first, behind, refused };

    /// Any thread. Refused where `most` wait; the host that sent it repeats it.
    Pushed push(Received received)
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() == most)
            return Pushed::refused;
        waiting_.push_back(std::move(received));
        return waiting_.size() == 1 ? Pushed::first : Pushed::behind;
    }

    /// Control thread: all that wait, in the order in which they came.
    std::vector<Received> take()
    {
        const std::lock_guard lock(mutex_);
        return std::exchange(waiting_, {});
    }

private:
    std::mutex mutex_;
    std::vector<Received> waiting_;
};

}  // namespace ferryd
