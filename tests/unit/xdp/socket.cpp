#include "socket.hpp"

#include <linux/if_xdp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace ferryd::test {

namespace {

constexpr std::size_t frames = 4, frame_size = 4096;

void check(bool done, const char* what)
{
    if (!done)
        throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

void XdpSocket::Free::operator()(void* memory) const noexcept
{
    std::free(memory);
}

XdpSocket::XdpSocket() : memory_(std::aligned_alloc(frame_size, frames * frame_size)), socket_(::socket(AF_XDP, SOCK_RAW, 0))
{
    check(socket_.get() >= 0, "AF_XDP socket");
    xdp_umem_reg memory{};
    memory.addr = reinterpret_cast<std::uintptr_t>(memory_.get());
    memory.len = frames * frame_size;
    memory.chunk_size = frame_size;
    check(setsockopt(socket_.get(), SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory)) == 0, "XDP_UMEM_REG");
    for (const int ring : {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING}) {
        constexpr int size = frames;
        check(setsockopt(socket_.get(), SOL_XDP, ring, &size, sizeof(size)) == 0, "AF_XDP ring");
    }
}

}  // namespace ferryd::test
