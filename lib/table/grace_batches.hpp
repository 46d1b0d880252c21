// Things that were let go wait here, in batches, until no reader can see them any more.
#pragma once

#include <cstdint>

#include <ferry/table/qsbr.hpp>

namespace ferry {

/// Numbers batches of things that the writer let go. What is let go now belongs to the open batch; a closed batch waits
/// for its grace period. One batch waits at a time, so nothing is stored and nothing can run out. Writer only.
class GraceBatches {
public:
    /// The batch of what is let go now. Numbers wrap around: compare them with is_over().
    std::uint32_t open() noexcept
    {
        used_ = true;
        return open_;
    }

    /// Closes the open batch where none waits yet, and looks whether the waiting one is over. Never waits. Returns the
    /// newest batch that is over.
    std::uint32_t advance(Qsbr& qsbr) noexcept
    {
        look(qsbr);
        if (used_ && !waiting_) {
            token_ = qsbr.start();
            ++open_;
            used_ = false;
            waiting_ = true;
            look(qsbr);
        }
        return over_;
    }

    /// True where `batch` is `over` or before it.
    static constexpr bool is_over(std::uint32_t batch, std::uint32_t over) noexcept
    {
        return static_cast<std::int32_t>(batch - over) <= 0;
    }

private:
    void look(Qsbr& qsbr) noexcept
    {
        if (waiting_ && qsbr.passed(token_)) {
            over_ = open_ - 1;
            waiting_ = false;
        }
    }

    std::uint32_t open_ = 1;
    std::uint32_t over_ = 0;
    bool used_ = false;
    bool waiting_ = false;
    GraceToken token_{};
};

}  // namespace ferry
