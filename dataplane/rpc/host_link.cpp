#include "rpc/host_link.hpp"

#include <algorithm>
#include <climits>

#include <fmt/format.h>

#include "config/values.hpp"
#include "rpc/host_identity.hpp"
#include "rpc/listener_probe.hpp"
#include "rpc/move_messages.hpp"

namespace ferryd {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{50}, longest_pause{1'000};
constexpr milliseconds longest_connecting{3'000};
constexpr milliseconds probe_interval{1'000};
constexpr milliseconds longest_refusal{100};

std::shared_ptr<grpc::Channel> make_channel(const std::string& address,
                                            const std::shared_ptr<grpc::ChannelCredentials>& credentials)
{
    grpc::ChannelArguments arguments;
    // A connection that is lost without a word is seen after 13 s at most, and one that idles is kept.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, INT_MAX);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // a ping that is written before the answer to what came
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(16 << 10);
    const char* scheme = address.front() == '[' ? "ipv6:" : "ipv4:";
    return grpc::CreateCustomChannel(scheme + address, credentials, arguments);
}

std::int64_t realtime_ns()
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

PeerStatus status_of(const PeerHost& peer)
{
    PeerStatus status;
    status.address = peer.address;
    status.vtep = peer.vtep;
    status.name = peer.name.value_or("");
    status.vnis = peer.vnis.to_string();
    return status;
}

HostLink::HostLink(const PeerHost& peer, const Settings& settings, HostMessages& messages)
    : peer_(peer),
      settings_(settings),
      messages_(messages),
      next_pause_(first_pause),
      status_(status_of(peer)),
      thread_([this] { run(); })
{}

HostLink::~HostLink()
{
    ask_to_stop();
    join();
}

void HostLink::send(std::span<const ferry::move::Message> messages, Way way)
{
    std::shared_ptr<HostStream> stream;
    {
        const std::lock_guard lock(mutex_);
        stream = stream_;
        asked_ = true;
        if (stream == nullptr)
            for (const ferry::move::Message& message : messages)
                waiting_.push(to_message(message), Clock::now());
    }
    if (stream != nullptr)
        stream->send(messages, way);
    else
        changed_.notify_all();
}

void HostLink::peer_is_there()
{
    {
        const std::lock_guard lock(mutex_);
        hurry_ = true;
    }
    changed_.notify_all();
}

PeerStatus HostLink::status()
{
    std::shared_ptr<HostStream> stream;
    PeerStatus status;
    {
        const std::lock_guard lock(mutex_);
        status = status_;
        status.dropped += waiting_.dropped();
        stream = stream_;
    }
    if (stream != nullptr) {
        const HostStream::Counts counts = stream->counts();
        status.sent += counts.sent;
        status.sent_by_datagram += counts.sent_by_datagram;
        status.dropped += counts.dropped;
        status.rtt_us = counts.rtt_us;
        status.datagram_rtt_us = counts.datagram_rtt_us;
    }
    return status;
}

void HostLink::ask_to_stop()
{
    std::shared_ptr<HostStream> stream;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        stream = stream_;
    }
    changed_.notify_all();
    if (stream != nullptr)
        stream->cancel();
}

void HostLink::join()
{
    if (thread_.joinable())
        thread_.join();
}

void HostLink::run()
{
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_)
                return;
        }
        connect_once();
        pause();
    }
}

void HostLink::connect_once()
{
    // A channel of its own for each try: it has no memory of earlier failures, for which it would wait.
    const auto channel = make_channel(peer_.address, settings_.credentials);
    const auto stub = v1::FerryHost::NewStub(channel);
    std::shared_ptr<HostStream> stream;
    {
        const std::lock_guard lock(mutex_);
        hurry_ = false;
        stream = stream_ = std::make_shared<HostStream>(
            *stub, std::exchange(waiting_, {}), hello_of(settings_.self),
            [this](const v1::Hello& hello, const grpc::AuthContext* context) { return accept(hello, context); },
            settings_.datagrams, peer_.address);
        if (stopping_)
            stream->cancel();
    }
    const std::optional<bool> open = stream->wait_open(longest_connecting);
    if (open.value_or(false)) {
        opened();
        stream->probe();
        while (!stream->wait_end(probe_interval))
            stream->probe();
    } else if (!open) {
        stream->cancel();
        stream->wait_end();
    }
    lost(*stream, open.value_or(false));
    // Whoever got hold of the stream before has left its methods soon; the stub must outlive that.
    while (stream.use_count() > 1)
        std::this_thread::yield();
}

void HostLink::opened()
{
    std::string name;
    {
        const std::lock_guard lock(mutex_);
        status_.connected = true;
        status_.connected_since_ns = realtime_ns();
        status_.fault.clear();
        name = status_.name;
    }
    next_pause_ = first_pause;
    say("is reached");
    messages_.reached(peer_.vtep, name);
}

void HostLink::lost(HostStream& stream, bool was_open)
{
    const std::string fault = stream.fault();
    const HostStream::Counts counts = stream.counts();
    bool stopping = false, asked = false;
    {
        const std::lock_guard lock(mutex_);
        stopping = stopping_;
        asked = was_open ? asked_ : std::exchange(asked_, false);
        stream_ = nullptr;
        status_.connected = false;
        status_.connected_since_ns.reset();
        status_.fault = fault;
        status_.sent += counts.sent;
        status_.sent_by_datagram += counts.sent_by_datagram;
        waiting_ = stream.take_queue();
    }
    if (stopping)
        return;
    if (was_open) {
        next_pause_ = milliseconds{0};
        return say("is lost: " + fault);
    }
    if (!refuses_connections(peer_.address, longest_refusal))
        return say("is not reached: " + fault);
    {
        const std::lock_guard lock(mutex_);
        status_.fault = "its process does not run: it refuses connections";
        waiting_.clear();
    }
    // After a loss the next failure is told of even if nobody has asked.
    if (asked || said_.starts_with("is lost"))
        messages_.unreachable(peer_.vtep);
    say("is not reached: its process does not run");
}

std::optional<std::string> HostLink::accept(const v1::Hello& hello, const grpc::AuthContext* context)
{
    if (hello.vtep() != peer_.vtep.to_string())
        return fmt::format("it is the host of VTEP {}, and not of {} as configured here", in_quotes(hello.vtep()),
                           peer_.vtep.to_string());
    if (!settings_.insecure && (context == nullptr || !is_certificate_of(peer_, certificate_names(*context))))
        return fmt::format("its certificate is not of {}", in_quotes(peer_.name ? *peer_.name : peer_.address));
    if (const auto same = check_protocol(hello); !same)
        return "it " + same.error().sentence;
    const std::lock_guard lock(mutex_);
    status_.name = hello.host().substr(0, 64);
    return std::nullopt;
}

void HostLink::pause()
{
    std::unique_lock lock(mutex_);
    const auto woken = [&] { return stopping_ || hurry_; };
    // What is sent shortens a long pause, but not the first part of it.
    if (changed_.wait_for(lock, std::min(next_pause_, first_pause), woken))
        return;
    if (next_pause_ > first_pause)
        changed_.wait_for(lock, next_pause_ - first_pause, [&] { return woken() || asked_; });
    next_pause_ = std::clamp(next_pause_ * 2, first_pause, longest_pause);
}

void HostLink::say(const std::string& sentence)
{
    if (sentence == said_)
        return;
    said_ = sentence;
    settings_.report(fmt::format("peer {}{} {}", peer_.name ? *peer_.name + " at " : "", peer_.address, sentence));
}

}  // namespace ferryd
