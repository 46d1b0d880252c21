#include "bulk_streams.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ferry::demo {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr int turn_ms = 10;  // how often a paced stream sends

// The guest's time stands still while it is paused, so that a stream does not make up for that by a burst.
std::int64_t monotonic_now() noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second + now.tv_nsec;
}

bool would_block() noexcept
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

BulkStreams::BulkStreams() : bytes_(std::make_unique<std::byte[]>(chunk))
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_port = htons(bulk_port);
    const int on = 1;
    if (fd < 0)
        return;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) == 0 && ::listen(fd, 8) == 0)
        listener_ = fd;
    else
        ::close(fd);
}

BulkStreams::~BulkStreams()
{
    for (const Stream& stream : streams_)
        ::close(stream.fd);
    if (listener_ >= 0)
        ::close(listener_);
}

void BulkStreams::add_to(std::vector<pollfd>& waiting) const
{
    waiting.push_back({listener_, POLLIN, 0});
    for (const Stream& stream : streams_)
        waiting.push_back({stream.fd, POLLIN, 0});
}

int BulkStreams::patience_ms() const noexcept
{
    return std::any_of(streams_.begin(), streams_.end(), [](const Stream& stream) { return stream.is_source(); }) ? turn_ms
                                                                                                                 : -1;
}

void BulkStreams::serve(const std::vector<pollfd>& waiting, std::size_t first)
{
    note_turn();
    const std::size_t known = streams_.size();
    for (std::size_t i = 0; i < known; ++i) {
        Stream& stream = streams_[i];
        const bool readable = waiting[first + 1 + i].revents != 0;
        bool goes_on = true;
        if (readable && stream.hello_bytes < sizeof(BulkHello))
            goes_on = take_hello(stream);
        else if (readable)
            goes_on = receive(stream);
        if (goes_on && stream.is_source())
            goes_on = send_due(stream);
        if (!goes_on) {
            ::close(stream.fd);  // what was sent is still delivered
            stream.fd = -1;
        }
    }
    std::erase_if(streams_, [](const Stream& stream) { return stream.fd < 0; });
    if (waiting[first].revents != 0)
        accept_one();
}

void BulkStreams::accept_one()
{
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    streams_.push_back({.fd = fd});
}

bool BulkStreams::take_hello(Stream& stream)
{
    auto* into = reinterpret_cast<char*>(&stream.hello) + stream.hello_bytes;
    const auto bytes = ::recv(stream.fd, into, sizeof(BulkHello) - stream.hello_bytes, MSG_DONTWAIT);
    if (bytes <= 0)
        return bytes < 0 && would_block();
    stream.hello_bytes += static_cast<std::size_t>(bytes);
    if (stream.hello_bytes < sizeof(BulkHello))
        return true;
    if (stream.hello.magic.host() != bulk_magic || stream.hello.run.host() < run_)
        return false;
    if (stream.hello.run.host() > run_)
        start_run(stream.hello.run.host());
    stream.began = monotonic_now();
    return true;
}

void BulkStreams::start_run(std::uint16_t run)
{
    run_ = run;
    received_ = mismatched_ = sent_ = 0;
    last_turn_ = longest_turn_ = 0;
}

// While there is a source its turn comes every turn_ms, unless the guest itself is late.
void BulkStreams::note_turn()
{
    const std::int64_t now = patience_ms() < 0 ? 0 : monotonic_now();
    if (last_turn_ != 0 && now != 0)
        longest_turn_ = std::max(longest_turn_, now - last_turn_);
    last_turn_ = now;
}

bool BulkStreams::receive(Stream& stream)
{
    for (int round = 0; round < 4; ++round) {  // no stream keeps the others waiting
        const auto got = ::recv(stream.fd, bytes_.get(), chunk, MSG_DONTWAIT);
        if (got <= 0)
            return got < 0 && would_block();
        const auto bytes = static_cast<std::size_t>(got);
        if (stream.is_source())
            continue;  // nothing but its end is expected there
        if (stream.hello.run.host() == run_) {
            mismatched_ += BulkPattern::mismatches({bytes_.get(), bytes}, stream.done);
            received_ += bytes;
        }
        stream.done += bytes;
        if (bytes < chunk)
            return true;
    }
    return true;
}

bool BulkStreams::send_due(Stream& stream)
{
    const double seconds = static_cast<double>(monotonic_now() - stream.began) / static_cast<double>(second);
    const auto due = static_cast<std::uint64_t>(seconds * static_cast<double>(stream.hello.rate.host()));
    while (stream.done < due) {
        const std::size_t bytes = std::min<std::uint64_t>(due - stream.done, chunk);
        BulkPattern::fill({bytes_.get(), bytes}, stream.done);
        const auto sent = ::send(stream.fd, bytes_.get(), bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            return would_block();
        stream.done += static_cast<std::uint64_t>(sent);
        if (stream.hello.run.host() == run_)
            sent_ += static_cast<std::uint64_t>(sent);
    }
    return true;
}

std::string BulkStreams::report() const
{
    return "\"run\": " + std::to_string(run_) + ", \"received\": " + std::to_string(received_) +
           ", \"mismatched\": " + std::to_string(mismatched_) + ", \"sent\": " + std::to_string(sent_) +
           ", \"longest_turn_ns\": " + std::to_string(longest_turn_);
}

}  // namespace ferry::demo
