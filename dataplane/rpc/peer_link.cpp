#include "rpc/peer_link.hpp"

#include <algorithm>
#include <climits>

#include <fmt/format.h>

#include "rpc/error_status.hpp"
#include "rpc/messages.hpp"

namespace ferryd {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_waiting = 16'384;
constexpr milliseconds first_pause{50};
constexpr milliseconds longest_pause{2'000};
constexpr milliseconds one_try{2'000};
constexpr milliseconds look_interval{1'000};

std::shared_ptr<grpc::Channel> make_channel(const std::string& peer,
                                            const std::shared_ptr<grpc::ChannelCredentials>& credentials)
{
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, first_pause.count());
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, longest_pause.count());
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);  // how long one try to connect may take
    // A connection that is lost without a word is seen after 13 s at most, and one that idles is kept.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, INT_MAX);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(16 << 10);
    const char* scheme = peer.front() == '[' ? "ipv6:" : "ipv4:";
    return grpc::CreateCustomChannel(scheme + peer, credentials, arguments);
}

}  // namespace

PeerLink::PeerLink(std::string peer, std::shared_ptr<grpc::ChannelCredentials> credentials,
                   GrpcAnnouncer::Report report)
    : peer_(std::move(peer)),
      report_(std::move(report)),
      channel_(make_channel(peer_, credentials)),
      stub_(v1::FerryHost::NewStub(channel_)),
      next_pause_(first_pause),
      waiting_(most_waiting),
      thread_([this] { run(); })
{}

PeerLink::~PeerLink()
{
    ask_to_stop();
    join();
}

void PeerLink::announce(const EndpointPlace& place, PeerAnnouncer::Done done)
{
    std::optional<PendingPlaces::Item> dropped;
    {
        const std::lock_guard lock(mutex_);
        PendingPlaces::Item item{place, std::move(done)};
        if (stopping_)
            dropped = std::move(item);
        else
            dropped = waiting_.push(std::move(item));
        fresh_ = true;
    }
    changed_.notify_all();
    if (dropped)
        finish(*dropped, false, 0);
}

void PeerLink::ask_to_stop()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (call_ != nullptr)
            call_->TryCancel();
    }
    changed_.notify_all();
}

void PeerLink::join()
{
    if (thread_.joinable())
        thread_.join();
}

void PeerLink::run()
{
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        std::optional<PendingPlaces::Item> next = waiting_.pop();
        fresh_ = false;
        lock.unlock();
        if (next)
            tell(std::move(*next));
        else
            look_after_connection();
        lock.lock();
        if (!stopping_ && waiting_.size() == 0)
            changed_.wait_for(lock, look_interval);
    }
    while (auto left = waiting_.pop()) {
        lock.unlock();
        finish(*left, false, 0);
        lock.lock();
    }
}

void PeerLink::tell(PendingPlaces::Item item)
{
    const Attempt attempt = try_once(item.place);
    look_after_connection();
    if (attempt.outcome != Outcome::retry)
        next_pause_ = first_pause;
    switch (attempt.outcome) {
    case Outcome::answered: return finish(item, attempt.version <= item.place.version, attempt.version);
    case Outcome::refused:
        report_(fmt::format("peer {} refuses the place of {} in VNI {}: {}", peer_, item.place.mac.to_string(),
                            item.place.vni.value(), attempt.sentence));
        return finish(item, false, 0);
    case Outcome::retry: break;
    }
    std::optional<PendingPlaces::Item> superseded;
    {
        const std::lock_guard lock(mutex_);
        superseded = waiting_.put_back(std::move(item));
    }
    if (superseded)
        finish(*superseded, false, 0);
    if (!attempt.waited)
        pause();
}

void PeerLink::pause()
{
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, next_pause_, [&] { return stopping_ || fresh_; });
    next_pause_ = std::min(next_pause_ * 2, longest_pause);
}

PeerLink::Attempt PeerLink::try_once(const EndpointPlace& place)
{
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + one_try);
    {
        const std::lock_guard lock(mutex_);
        if (stopping_)
            return {};
        call_ = &context;
    }
    v1::EndpointMovedResponse response;
    const grpc::Status status = stub_->EndpointMoved(&context, to_message(place), &response);
    {
        const std::lock_guard lock(mutex_);
        call_ = nullptr;
    }
    if (status.ok())
        return {Outcome::answered, false, response.version(), {}};
    CallFailure failure = failure_of(context, status);
    const bool later = failure.error.code == ferry::ErrorCode::unavailable ||
                       failure.error.code == ferry::ErrorCode::no_memory;
    return {later ? Outcome::retry : Outcome::refused, status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED, 0,
            std::move(failure.error.sentence)};
}

void PeerLink::look_after_connection()
{
    const grpc_connectivity_state state = channel_->GetState(true);
    if (state == GRPC_CHANNEL_READY && !reached_) {
        report_(fmt::format("peer {} is reached", peer_));
        reached_ = true;
        complained_ = false;
    } else if (state == GRPC_CHANNEL_TRANSIENT_FAILURE && !complained_) {
        report_(fmt::format("peer {} {}; connecting to it again and again", peer_,
                            reached_ ? "is lost" : "is not reached"));
        reached_ = false;
        complained_ = true;
    }
}

void PeerLink::finish(const PendingPlaces::Item& item, bool told, std::uint64_t version) const
{
    if (item.done)
        item.done(peer_, told, version);
}

}  // namespace ferryd
