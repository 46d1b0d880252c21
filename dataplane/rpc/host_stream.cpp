#include "rpc/host_stream.hpp"

#include "rpc/error_status.hpp"
#include "rpc/move_messages.hpp"

namespace ferryd {

namespace v1 = ferry::v1;

namespace {

/// One is asked for every second, and one may be lost.
constexpr std::chrono::milliseconds an_answer_lasts{2'500};

std::uint64_t ticks_of(HostStream::Clock::time_point time)
{
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace

HostStream::HostStream(v1::FerryHost::Stub& stub, MessageQueue queue, const v1::Hello& hello, Accept accept,
                       HostDatagrams* datagrams, const std::string& peer)
    : accept_(std::move(accept)), queue_(std::move(queue))
{
    *outgoing_.mutable_hello() = hello;
    if (datagrams != nullptr)
        offer_datagrams(*datagrams, *outgoing_.mutable_hello(), peer);
    stub.async()->Moves(&context_, this);
    AddHold();
    StartRead(&incoming_);
    StartWrite(&outgoing_);
    StartCall();
}

void HostStream::offer_datagrams(HostDatagrams& datagrams, v1::Hello& hello, const std::string& peer)
{
    DatagramSeal::Key key;
    std::uint64_t session = 0;
    if (!fill_randomly(key.data(), key.size()) || !fill_randomly(&session, sizeof(session)))
        return;
    session_ = datagrams.join(session, key, DatagramSeal::End::caller, peer,
                              [this](HostDatagrams::Session&, const v1::HostFrame& frame) { take_datagram(frame); });
    if (session_ == nullptr)
        return;
    hello.set_datagram_session(session);
    hello.set_datagram_key(key.data(), key.size());
}

void HostStream::send(std::span<const ferry::move::Message> messages, Way way)
{
    if (way == Way::datagram && send_datagram(messages))
        return;
    {
        const std::lock_guard lock(mutex_);
        for (const ferry::move::Message& message : messages)
            queue_.push(to_message(message), Clock::now());
    }
    write();
}

/// False: they are for the stream.
bool HostStream::send_datagram(std::span<const ferry::move::Message> messages)
{
    if (session_ == nullptr || messages.size() > most_in_datagram)
        return false;
    {
        const std::lock_guard lock(mutex_);
        if (!open_ || !queue_.empty() || Clock::now() - answered_ > an_answer_lasts)
            return false;
    }
    v1::HostFrame frame;
    for (const ferry::move::Message& message : messages)
        *frame.add_messages() = to_message(message);
    if (!session_->send(frame))
        return false;
    const std::lock_guard lock(mutex_);
    counts_.sent += messages.size();
    counts_.sent_by_datagram += messages.size();
    return true;
}

void HostStream::take_datagram(const v1::HostFrame& frame)
{
    const Clock::time_point now = Clock::now();
    const std::lock_guard lock(mutex_);
    if (frame.probe() == 0 || frame.probe() > ticks_of(now))
        return;
    answered_ = now;
    counts_.datagram_rtt_us = static_cast<double>(ticks_of(now) - frame.probe()) / 1e3;
}

void HostStream::probe()
{
    bool by_datagram = false;
    {
        const std::lock_guard lock(mutex_);
        probe_wanted_ = ticks_of(Clock::now());
        by_datagram = takes_datagrams_;
    }
    write();
    if (by_datagram) {
        v1::HostFrame frame;
        frame.set_probe(ticks_of(Clock::now()));
        session_->send(frame);
    }
}

void HostStream::cancel()
{
    context_.TryCancel();
}

void HostStream::write()
{
    {
        const std::lock_guard lock(mutex_);
        if (!open_ || closing_ || writing_)
            return;
        outgoing_.Clear();
        counts_.sent += static_cast<std::uint64_t>(queue_.take(outgoing_, Clock::now()));
        outgoing_.set_probe(std::exchange(probe_wanted_, 0));
        if (outgoing_.messages().empty() && outgoing_.probe() == 0)
            return;
        writing_ = true;
    }
    // Not under the lock: gRPC may call OnWriteDone() before this returns.
    StartWrite(&outgoing_);
}

void HostStream::OnReadDone(bool ok)
{
    bool opened = false, release = false;
    if (ok && !open_ && !closing_) {
        auto refusal = incoming_.has_hello() ? accept_(incoming_.hello(), context_.auth_context().get())
                                             : std::optional<std::string>("it answers without a hello");
        const std::lock_guard lock(mutex_);
        open_ = opened = !refusal;
        takes_datagrams_ = opened && session_ != nullptr && incoming_.hello().datagrams();
        if (refusal) {
            fault_ = std::move(*refusal);
            ok = false;
        }
    }
    {
        const std::lock_guard lock(mutex_);
        if (ok && incoming_.probe() != 0) {
            counts_.rtt_us = static_cast<double>(ticks_of(Clock::now()) - incoming_.probe()) / 1e3;
        }
        closing_ = closing_ || !ok;
        release = closing_ && held_ && !writing_;
        held_ = held_ && !release;
    }
    if (ok)
        StartRead(&incoming_);
    else
        context_.TryCancel();
    if (opened) {
        changed_.notify_all();
        write();
    }
    if (release)
        RemoveHold();
}

void HostStream::OnWriteDone(bool ok)
{
    bool release = false;
    {
        const std::lock_guard lock(mutex_);
        writing_ = false;
        closing_ = closing_ || !ok;
        release = closing_ && held_;
        held_ = held_ && !release;
    }
    if (release)
        RemoveHold();
    else
        write();
}

void HostStream::OnDone(const grpc::Status& status)
{
    const std::lock_guard lock(mutex_);
    ended_ = true;
    open_ = false;
    if (fault_.empty())
        fault_ = status.ok() ? "it has ended the stream" : failure_of(context_, status).error.sentence;
    changed_.notify_all();  // under the lock: whoever waits may destroy this afterwards
}

std::optional<bool> HostStream::wait_open(std::chrono::milliseconds most)
{
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, most, [&] { return open_ || ended_; }))
        return std::nullopt;
    return open_;
}

bool HostStream::wait_end(std::chrono::milliseconds most)
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return ended_; });
}

void HostStream::wait_end()
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_; });
}

std::string HostStream::fault()
{
    const std::lock_guard lock(mutex_);
    return fault_;
}

MessageQueue HostStream::take_queue()
{
    const std::lock_guard lock(mutex_);
    return std::move(queue_);
}

HostStream::Counts HostStream::counts()
{
    const std::lock_guard lock(mutex_);
    Counts counts = counts_;
    counts.dropped = queue_.dropped();
    if (Clock::now() - answered_ > an_answer_lasts)
        counts.datagram_rtt_us.reset();
    return counts;
}

}  // namespace ferryd
