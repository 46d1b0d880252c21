#include "rpc/host_stream.hpp"

#include "rpc/error_status.hpp"
#include "rpc/move_messages.hpp"

namespace ferryd {

namespace v1 = ferry::v1;

HostStream::HostStream(v1::FerryHost::Stub& stub, MessageQueue queue, const v1::Hello& hello, Accept accept)
    : accept_(std::move(accept)), queue_(std::move(queue))
{
    *outgoing_.mutable_hello() = hello;
    stub.async()->Moves(&context_, this);
    AddHold();
    StartRead(&incoming_);
    StartWrite(&outgoing_);
    StartCall();
}

void HostStream::send(std::span<const ferry::move::Message> messages)
{
    {
        const std::lock_guard lock(mutex_);
        for (const ferry::move::Message& message : messages)
            queue_.push(to_message(message), Clock::now());
    }
    write();
}

void HostStream::probe()
{
    {
        const std::lock_guard lock(mutex_);
        probe_wanted_ = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
    }
    write();
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
        if (refusal) {
            fault_ = std::move(*refusal);
            ok = false;
        }
    }
    {
        const std::lock_guard lock(mutex_);
        if (ok && incoming_.probe() != 0) {
            const auto now = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
            counts_.rtt_us = static_cast<double>(now - incoming_.probe()) / 1e3;
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
    return counts;
}

}  // namespace ferryd
