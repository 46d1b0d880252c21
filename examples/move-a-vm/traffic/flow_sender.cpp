#include "flow_sender.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <utility>

namespace ferry::demo {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t turn = 1'000'000;
constexpr int receive_buffer_bytes = 8 << 20;

std::int64_t now_by(clockid_t clock) noexcept
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * second + now.tv_nsec;
}

}  // namespace

std::int64_t monotonic_now() noexcept
{
    return now_by(CLOCK_MONOTONIC);
}

std::int64_t realtime_now() noexcept
{
    return now_by(CLOCK_REALTIME);
}

FlowSender::FlowSender(const FlowSettings& settings, OnAnswer on_answer)
    : settings_(settings),
      on_answer_(std::move(on_answer)),
      socket_(0, receive_buffer_bytes),
      started_at_(monotonic_now())
{
}

void FlowSender::send_due(std::int64_t now)
{
    const double seconds = static_cast<double>(now - started_at_) / static_cast<double>(second);
    const auto due = static_cast<std::uint64_t>(seconds * settings_.rate) + 1;
    if (due <= next_sequence_)
        return;
    const std::size_t count = std::min<std::uint64_t>(due - next_sequence_, batch_limit);
    sockaddr_in guest{};
    guest.sin_family = AF_INET;
    guest.sin_port = htons(static_cast<std::uint16_t>(first_flow_port + settings_.flow - 1));
    guest.sin_addr = settings_.guest;
    for (std::size_t i = 0; i < count; ++i) {
        const Datagram datagram{.magic = wire::be32{request_magic},
                                .flow = wire::be16{settings_.flow},
                                .run = wire::be16{settings_.run},
                                .sequence = wire::be64{next_sequence_++},
                                .answer = wire::be64{0},
                                .sent_at = wire::be64{static_cast<std::uint64_t>(now)}};
        std::memcpy(batch_.payload(i).data(), &datagram, sizeof(datagram));
        batch_.address(i) = guest;
        batch_.prepare_send(i, settings_.payload_bytes);
    }
    for (std::size_t done = 0; done < count;) {
        const auto left = static_cast<unsigned>(count - done);
        const int sent = ::sendmmsg(socket_.fd(), batch_.headers() + done, left, MSG_DONTWAIT);
        if (sent > 0) {
            counts_.sent += static_cast<std::uint64_t>(sent);
            done += static_cast<std::size_t>(sent);
        } else {
            ++counts_.send_failures;
            ++done;
        }
    }
}

void FlowSender::receive()
{
    for (;;) {
        batch_.prepare_receive();
        const int received = ::recvmmsg(socket_.fd(), batch_.headers(), batch_limit, MSG_DONTWAIT, nullptr);
        if (received <= 0)
            return;
        const std::int64_t now = monotonic_now();
        for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
            Datagram datagram;
            std::memcpy(&datagram, batch_.payload(i).data(), sizeof(datagram));
            if (batch_.received_bytes(i) < sizeof(datagram) || datagram.magic.host() != answer_magic ||
                datagram.flow.host() != settings_.flow || datagram.run.host() != settings_.run) {
                ++counts_.strays;
                continue;
            }
            answers_.add(datagram.answer.host());
            if (on_answer_)
                on_answer_(datagram, now);
        }
        if (static_cast<std::size_t>(received) < batch_limit)
            return;
    }
}

std::int64_t FlowSender::next_turn(std::int64_t now) const noexcept
{
    const double due = static_cast<double>(next_sequence_) / settings_.rate * static_cast<double>(second);
    const std::int64_t elapsed = std::max(now - started_at_, static_cast<std::int64_t>(std::ceil(due)) - 1);
    return started_at_ + (elapsed / turn + 1) * turn;
}

}  // namespace ferry::demo
