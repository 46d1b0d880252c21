#include "bulk_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include <fcntl.h>
#include <linux/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_sender.hpp"

namespace ferry::demo {

namespace {

constexpr std::int64_t second = 1'000'000'000;

tcp_info info_of(int fd) noexcept
{
    tcp_info info{};
    socklen_t length = sizeof(info);
    ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
    return info;
}

}  // namespace

BulkStream::BulkStream(const BulkSettings& settings)
    : settings_(settings), bytes_(std::make_unique<std::byte[]>(chunk)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
}

BulkStream::~BulkStream()
{
    if (fd_ >= 0)
        ::close(fd_);
}

bool BulkStream::open()
{
    sockaddr_in guest{};
    guest.sin_family = AF_INET;
    guest.sin_port = htons(bulk_port);
    guest.sin_addr = settings_.guest;
    const int on = 1;
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&guest), sizeof(guest)) != 0)
        return false;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const BulkHello hello{.magic = wire::be32{bulk_magic},
                          .way = wire::be16{static_cast<std::uint16_t>(settings_.way)},
                          .run = wire::be16{settings_.run},
                          .rate = wire::be64{settings_.rate}};
    if (::send(fd_, &hello, sizeof(hello), MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof(hello)))
        return false;
    began_ = monotonic_now();
    last_progress_ = realtime_now();
    return true;
}

void BulkStream::turn(bool sending)
{
    if (over_)
        return;
    if (settings_.way == BulkWay::to_guest) {
        if (sending)
            send_due();
        // The hello and the end count among what is acknowledged; only its growth matters here.
        if (const std::uint64_t acknowledged = info_of(fd_).tcpi_bytes_acked; acknowledged != acknowledged_) {
            acknowledged_ = acknowledged;
            progressed(realtime_now());
        }
    }
    receive();
}

void BulkStream::send_due()
{
    const double seconds = static_cast<double>(monotonic_now() - began_) / static_cast<double>(second);
    const auto due = static_cast<std::uint64_t>(seconds * static_cast<double>(settings_.rate));
    if (due <= done_)
        return;
    // What the guest did not take for a while is made up for in steps.
    const std::size_t bytes = std::min<std::uint64_t>(due - done_, chunk);
    BulkPattern::fill({bytes_.get(), bytes}, done_);
    const auto sent = ::send(fd_, bytes_.get(), bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        done_ += static_cast<std::uint64_t>(sent);
    else if (errno != EAGAIN && errno != EINTR)
        broken_ = over_ = true;
}

void BulkStream::receive()
{
    for (;;) {
        const auto got = ::recv(fd_, bytes_.get(), chunk, MSG_DONTWAIT);
        if (got > 0) {
            const auto bytes = static_cast<std::size_t>(got);
            mismatched_ += BulkPattern::mismatches({bytes_.get(), bytes}, done_);
            done_ += bytes;
            progressed(realtime_now());
            continue;
        }
        if (got == 0) {
            over_ = true;
            broken_ = broken_ || !finished_;
        } else if (errno != EAGAIN && errno != EINTR) {
            broken_ = over_ = true;
        }
        return;
    }
}

void BulkStream::progressed(std::int64_t now)
{
    if (!finished_)
        stalls_.note(last_progress_, now);
    last_progress_ = now;
}

void BulkStream::finish()
{
    finished_ = true;
    ::shutdown(fd_, SHUT_WR);
}

std::uint64_t BulkStream::retransmitted() const noexcept
{
    return info_of(fd_).tcpi_total_retrans;
}

}  // namespace ferry::demo
