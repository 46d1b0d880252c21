// What endpoints say of themselves on the host's interfaces, seen by a program there (announce.bpf.c), also while
// ferryd takes no frame from the interface.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <ferry/error.hpp>

#include "host/descriptor.hpp"
#include "xdp/announcement.h"
#include "xdp/tc_filter.hpp"

struct announce_bpf;
struct ring_buffer;

namespace ferryd {

/// Announcements that nobody was told of.
struct UntoldAnnouncements {
    std::uint64_t lost = 0;     ///< the ring buffer was full
    std::uint64_t limited = 0;  ///< more than ANNOUNCEMENTS_EACH_SECOND in a second on one interface
};

/// Control thread, but what says otherwise. Its memory is the ring buffer's 64 KiB, whatever the interfaces bring.
class Announcements {
public:
    static constexpr std::size_t plenty = 2'048;

    /// Loads the program into the kernel, for so many interfaces. `wake` is called on a thread of its own when there is
    /// something to take(); it must not wait for the control thread. Fails with unavailable where the kernel has no
    /// such programs, or CAP_BPF and CAP_NET_ADMIN are missing.
    static ferry::Expected<std::unique_ptr<Announcements>> load(std::uint32_t most_interfaces, std::function<void()> wake);
    /// Takes the program from all interfaces.
    ~Announcements();
    Announcements(const Announcements&) = delete;
    Announcements& operator=(const Announcements&) = delete;

    /// From now on announcements among these frames of the interface are told. Fails as attach_filter() does, and with
    /// already_exists where the interface is watched, table_full.
    ferry::Expected<void> watch(int interface, TcSide side);
    /// The opposite; nothing where it is not watched.
    void forget(int interface);

    /// What has been told since the last time, oldest first; what is more than `plenty` waits for the next call.
    std::vector<announcement> take();
    /// Since load().
    UntoldAnnouncements untold() const noexcept;

private:
    explicit Announcements(std::function<void()> wake);
    ferry::Expected<void> open(std::uint32_t most_interfaces);
    void wait_and_wake() const;
    static int told(void* taken, void* record, std::size_t size);

    struct Free {
        void operator()(announce_bpf* program) const noexcept;
        void operator()(ring_buffer* ring) const noexcept;
    };
    const std::function<void()> wake_;
    std::vector<announcement> taken_;
    std::unique_ptr<announce_bpf, Free> program_;
    std::unique_ptr<ring_buffer, Free> ring_;
    std::map<int, TcFilter> watched_;
    Descriptor stop_, events_;
    std::thread thread_;
};

}  // namespace ferryd
