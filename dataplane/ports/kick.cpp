#include "ports/kick.hpp"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ferryd {
namespace {

bool is_eventfd(int fd) noexcept
{
    std::array<char, 32> path{"/proc/self/fd/"};
    char* const number = path.data() + std::strlen(path.data());
    *std::to_chars(number, path.data() + path.size() - 1, fd).ptr = '\0';
    std::array<char, 32> name{};
    const ssize_t size = ::readlink(path.data(), name.data(), name.size());
    return size > 0 && std::string_view(name.data(), static_cast<std::size_t>(size)) == "anon_inode:[eventfd]";
}

bool same_file(int one, int other) noexcept
{
    const pid_t self = ::getpid();
    return ::syscall(SYS_kcmp, self, self, KCMP_FILE, one, other) == 0;
}

}  // namespace

void Kick::take(int fd) noexcept
{
    lose();
    if (fd < 0)
        return;
    if (!own_ && is_eventfd(fd))
        own_ = Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (own_ && same_file(own_.get(), fd))
        known_.store(own_.get(), std::memory_order_release);
}

void Kick::close() noexcept
{
    lose();
    const Descriptor old = std::move(own_);
}

void Kick::drain() const noexcept
{
    const int fd = descriptor();
    std::uint64_t kicks = 0;
    const iovec into{&kicks, sizeof(kicks)};
    // The other side may have cleared O_NONBLOCK, which belongs to the file and not to the descriptor.
    [[maybe_unused]] const auto got = ::preadv2(fd, &into, 1, -1, RWF_NOWAIT);
}

}  // namespace ferryd
