#include "xdp/announcements.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "announce.skel.h"
#include "xdp/quiet_libbpf.hpp"

namespace ferryd {

using ferry::ErrorCode;

namespace {

constexpr const char* program_name = "ferry_announce";

/// What the program has for an interface: `struct watched`, zero.
struct Watched {
    std::uint64_t lock_and_count = 0, second = 0;
};

}  // namespace

void Announcements::Free::operator()(announce_bpf* program) const noexcept
{
    announce_bpf__destroy(program);
}

void Announcements::Free::operator()(ring_buffer* ring) const noexcept
{
    ring_buffer__free(ring);
}

Announcements::Announcements(std::function<void()> wake) : wake_(std::move(wake)) {}

ferry::Expected<std::unique_ptr<Announcements>> Announcements::load(std::uint32_t most_interfaces,
                                                                    std::function<void()> wake)
{
    auto made = std::unique_ptr<Announcements>(new Announcements(std::move(wake)));
    if (auto opened = made->open(most_interfaces); !opened)
        return tl::unexpected(opened.error());
    return made;
}

ferry::Expected<void> Announcements::open(std::uint32_t most_interfaces)
{
    const QuietLibbpf quiet;
    const auto refused = [](const char* what) {
        return ferry::fail(ErrorCode::unavailable,
                           fmt::format("the program that sees announcements does not start ({}: {}); ferryd needs CAP_BPF and "
                                       "CAP_NET_ADMIN for that, and Linux 5.8", what, std::strerror(errno)));
    };
    program_.reset(announce_bpf__open());
    if (program_ == nullptr)
        return refused("open");
    bpf_map__set_max_entries(program_->maps.interfaces, most_interfaces);
    if (announce_bpf__load(program_.get()) != 0)
        return refused("load");
    const int ring = bpf_map__fd(program_->maps.announced);
    ring_.reset(ring_buffer__new(ring, told, &taken_, nullptr));
    if (ring_ == nullptr)
        return refused("ring buffer");
    stop_ = Descriptor(eventfd(0, EFD_CLOEXEC));
    events_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    // By its edge: who takes what is in the ring is another thread, and this one would be woken until it has.
    epoll_event of_ring{EPOLLIN | EPOLLET, {.fd = ring}}, of_stop{EPOLLIN, {.fd = stop_.get()}};
    if (epoll_ctl(events_.get(), EPOLL_CTL_ADD, ring, &of_ring) != 0 ||
        epoll_ctl(events_.get(), EPOLL_CTL_ADD, stop_.get(), &of_stop) != 0)
        return refused("epoll");
    thread_ = std::thread([this] { wait_and_wake(); });
    return {};
}

Announcements::~Announcements()
{
    while (!watched_.empty())
        forget(watched_.begin()->first);
    if (thread_.joinable()) {
        eventfd_write(stop_.get(), 1);
        thread_.join();
    }
}

void Announcements::wait_and_wake() const
{
    pthread_setname_np(pthread_self(), "announcements");
    while (true) {
        epoll_event event{};
        if (epoll_wait(events_.get(), &event, 1, -1) < 1)
            continue;  // a signal
        if (event.data.fd == stop_.get())
            return;
        wake_();
    }
}

ferry::Expected<void> Announcements::watch(int interface, TcSide side)
{
    if (watched_.contains(interface))
        return ferry::fail(ErrorCode::already_exists,
                           fmt::format("announcements on interface {} are seen already", interface));
    const Watched fresh;
    static_assert(sizeof(fresh) == 16);
    const int known = bpf_map__fd(program_->maps.interfaces);
    if (bpf_map_update_elem(known, &interface, &fresh, BPF_ANY) != 0)
        return ferry::fail(errno == E2BIG ? ErrorCode::table_full : ErrorCode::unavailable,
                           fmt::format("announcements on interface {} cannot be seen: {}", interface,
                                       std::strerror(errno)));
    auto attached = attach_filter(interface, side, bpf_program__fd(program_->progs.ferry_announce), program_name);
    if (!attached) {
        bpf_map_delete_elem(known, &interface);
        return tl::unexpected(attached.error());
    }
    watched_.emplace(interface, *attached);
    return {};
}

void Announcements::forget(int interface)
{
    const auto found = watched_.find(interface);
    if (found == watched_.end())
        return;
    if (auto detached = detach_filter(found->second); !detached)
        spdlog::warn("{}", detached.error().sentence);
    bpf_map_delete_elem(bpf_map__fd(program_->maps.interfaces), &interface);
    watched_.erase(found);
}

int Announcements::told(void* taken, void* record, std::size_t)
{
    auto& all = *static_cast<std::vector<announcement>*>(taken);
    all.push_back(*static_cast<const announcement*>(record));
    return all.size() < plenty ? 0 : -1;
}

std::vector<announcement> Announcements::take()
{
    ring_buffer__consume(ring_.get());
    return std::exchange(taken_, {});
}

UntoldAnnouncements Announcements::untold() const noexcept
{
    return {__atomic_load_n(&program_->bss->lost, __ATOMIC_RELAXED),
            __atomic_load_n(&program_->bss->limited, __ATOMIC_RELAXED)};
}

}  // namespace ferryd
