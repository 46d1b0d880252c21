#include "answered_flow.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>

namespace ferry::demo {

namespace {

// More than a dock holds: what has waited for the VM comes at once, faster than it is answered.
constexpr int receive_buffer_bytes = 32 << 20;
constexpr int batches_in_a_row = 4;
// How long answers may wait for room in the send buffer, which drains as fast as the NIC takes frames.
constexpr int send_patience_ms = 100;

}  // namespace

AnsweredFlow::AnsweredFlow(std::uint16_t flow)
    : flow_(flow), socket_(static_cast<std::uint16_t>(first_flow_port + flow - 1), receive_buffer_bytes)
{
}

void AnsweredFlow::start_run(std::uint16_t run)
{
    run_ = run;
    window_ = SequenceWindow{};
    next_answer_ = answers_sent_ = send_failures_ = strays_ = 0;
    drops_before_run_ = socket_.drops();
}

bool AnsweredFlow::accept(std::span<const std::byte> payload, Datagram& datagram)
{
    if (payload.size() < sizeof(datagram)) {
        ++strays_;
        return false;
    }
    std::memcpy(&datagram, payload.data(), sizeof(datagram));
    if (datagram.magic.host() != request_magic || datagram.flow.host() != flow_ || datagram.run.host() < run_) {
        ++strays_;
        return false;
    }
    if (datagram.run.host() > run_)
        start_run(datagram.run.host());
    window_.add(datagram.sequence.host());
    return true;
}

void AnsweredFlow::serve(Batch<payload_limit>& batch)
{
    for (int round = 0; round < batches_in_a_row; ++round) {
        batch.prepare_receive();
        const int received = ::recvmmsg(socket_.fd(), batch.headers(), batch_limit, MSG_DONTWAIT, nullptr);
        if (received <= 0)
            return;
        std::size_t answers = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
            const std::size_t bytes = batch.received_bytes(i);
            Datagram datagram;
            if (!accept(batch.payload(i).first(bytes), datagram))
                continue;
            datagram.magic = wire::be32{answer_magic};
            datagram.answer = wire::be64{next_answer_++};
            std::memcpy(batch.payload(answers).data(), &datagram, sizeof(datagram));
            batch.address(answers) = batch.address(i);
            batch.prepare_send(answers++, bytes);
        }
        send(batch, answers);
        if (static_cast<std::size_t>(received) < batch_limit)
            return;
    }
}

void AnsweredFlow::send(Batch<payload_limit>& batch, std::size_t count)
{
    std::size_t done = 0;
    while (done < count) {
        const auto left = static_cast<unsigned>(count - done);
        const int sent = ::sendmmsg(socket_.fd(), batch.headers() + done, left, MSG_DONTWAIT);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
            answers_sent_ += static_cast<std::uint64_t>(sent);
            continue;
        }
        pollfd writable{socket_.fd(), POLLOUT, 0};
        if (errno == EAGAIN && ::poll(&writable, 1, send_patience_ms) > 0)
            continue;
        ++done;
        ++send_failures_;
    }
}

std::string AnsweredFlow::report() const
{
    const auto member = [](const char* name, std::uint64_t value) {
        return '"' + std::string(name) + "\": " + std::to_string(value);
    };
    return member("flow", flow_) + ", " + member("run", run_) + ", " + member("received", window_.received()) + ", " +
           member("duplicated", window_.duplicated()) + ", " + member("reordered", window_.reordered()) + ", " +
           member("too_old", window_.too_old()) + ", " + member("answers_sent", answers_sent_) + ", " +
           member("send_failures", send_failures_) + ", " + member("strays", strays_) + ", " +
           member("socket_drops", socket_.drops() - drops_before_run_);
}

}  // namespace ferry::demo
