#include "rpc/host_service.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "rpc/host_identity.hpp"
#include "rpc/move_messages.hpp"

namespace ferryd {

namespace {

constexpr std::chrono::seconds refusal_report_interval{5};

}  // namespace

/// One stream of another host, from its hello to its end, and its datagrams. Everything is begun in OnReadDone(), which gRPC
/// never calls twice at a time; the other methods may run beside it, and so may what takes a datagram.
class HostService::Arrival final : public HostService::Reactor {
public:
    Arrival(HostService& service, grpc::CallbackServerContext& context) : service_(service), context_(context)
    {
        StartRead(&incoming_);
    }

private:
    void OnReadDone(bool ok) override
    {
        const grpc::Status status = !ok ? grpc::Status::OK : peer_ == nullptr ? greet() : take(incoming_, Way::stream);
        if (!ok || !status.ok())
            return Finish(status);
        // A probe that comes while an answer is still being written is not answered; another one will come.
        if (incoming_.probe() != 0 && !writing_) {
            outgoing_.Clear();
            outgoing_.set_probe(incoming_.probe());
            write();
        }
        StartRead(&incoming_);
    }
    void OnWriteDone(bool) override { writing_ = false; }
    void OnCancel() override {}  // what is being read fails then
    void OnDone() override
    {
        if (peer_ != nullptr)
            service_.leave(*peer_, *this);
        delete this;
    }

    grpc::Status greet()
    {
        const auto names = certificate_names(*context_.auth_context());
        const auto peer = identify(service_.peers_, incoming_.hello(), names);
        if (!incoming_.has_hello() || !peer) {
            const std::string why = incoming_.has_hello() ? peer.error().sentence : "a stream begins with a hello";
            service_.note_refusal(why);
            return {grpc::StatusCode::PERMISSION_DENIED, fmt::format("refused by {}: {}", service_.self_.name, why)};
        }
        if (const auto same = check_protocol(incoming_.hello()); !same)
            return {grpc::StatusCode::FAILED_PRECONDITION,
                    fmt::format("refused by {}: this host {}", service_.self_.name, same.error().sentence)};
        peer_ = *peer;
        name_ = peer_->name ? *peer_->name : incoming_.hello().host().substr(0, 64);
        service_.enter(*peer_, *this);
        *outgoing_.mutable_hello() = hello_of(service_.self_);
        outgoing_.mutable_hello()->set_datagrams(join_datagrams(incoming_.hello()));
        write();
        service_.hooks_.peer_is_there(*peer_);
        return grpc::Status::OK;
    }

    bool join_datagrams(const v1::Hello& hello)
    {
        DatagramSeal::Key key;
        if (service_.hooks_.datagrams == nullptr || hello.datagram_key().size() != key.size())
            return false;
        std::copy(hello.datagram_key().begin(), hello.datagram_key().end(), key.begin());
        session_ = service_.hooks_.datagrams->join(
            hello.datagram_session(), key, DatagramSeal::End::called, peer_->address,
            [this](HostDatagrams::Session& session, const v1::HostFrame& frame) {
                if (frame.probe() != 0) {
                    v1::HostFrame answer;
                    answer.set_probe(frame.probe());
                    session.send(answer);
                }
                take(frame, Way::datagram);  // what is wrong with it would be so on the stream
            });
        return session_ != nullptr;
    }

    grpc::Status take(const v1::HostFrame& frame, Way way)
    {
        if (!service_.counts(*peer_, *this, static_cast<std::uint64_t>(frame.messages_size())))
            return {grpc::StatusCode::ABORTED, "a later stream of this host has taken the place of this one"};
        for (const v1::MoveMessage& message : frame.messages()) {
            const auto read = from_message(message);
            if (!read)
                return {grpc::StatusCode::INVALID_ARGUMENT, read.error().sentence};
            if (*read)
                service_.messages_.received(peer_->vtep, name_, **read, peer_->vnis.contains((*read)->key.vni), way);
        }
        return grpc::Status::OK;
    }

    void write()
    {
        writing_ = true;
        StartWrite(&outgoing_);
    }

    HostService& service_;
    grpc::CallbackServerContext& context_;
    const PeerHost* peer_ = nullptr;  ///< once it has said and proved who it is
    std::string name_;
    v1::HostFrame incoming_, outgoing_;
    std::atomic<bool> writing_ = false;
    std::unique_ptr<HostDatagrams::Session> session_;  ///< its handler uses all of the above: the first to go
};

HostService::HostService(const HostConfig& self, const PeersConfig& peers, HostMessages& messages, Hooks hooks)
    : self_(self), peers_(peers), messages_(messages), hooks_(std::move(hooks))
{}

HostService::Reactor* HostService::Moves(grpc::CallbackServerContext* context)
{
    return new Arrival(*this, *context);  // gRPC calls its OnDone(), where it goes
}

void HostService::enter(const PeerHost& peer, const Arrival& arrival)
{
    const std::lock_guard lock(mutex_);
    by_vtep_[peer.vtep].current = &arrival;
}

bool HostService::counts(const PeerHost& peer, const Arrival& arrival, std::uint64_t messages)
{
    const std::lock_guard lock(mutex_);
    Peer& known = by_vtep_[peer.vtep];
    if (known.current != &arrival)
        return false;
    known.received += messages;
    return true;
}

void HostService::leave(const PeerHost& peer, const Arrival& arrival)
{
    const std::lock_guard lock(mutex_);
    Peer& known = by_vtep_[peer.vtep];
    if (known.current == &arrival)
        known.current = nullptr;
}

void HostService::add_to(PeerStatus& status)
{
    const std::lock_guard lock(mutex_);
    const auto known = by_vtep_.find(status.vtep);
    if (known == by_vtep_.end())
        return;
    status.heard = known->second.current != nullptr;
    status.received = known->second.received;
}

std::uint64_t HostService::refused()
{
    const std::lock_guard lock(mutex_);
    return refused_;
}

std::string HostService::last_refusal()
{
    const std::lock_guard lock(mutex_);
    return last_refusal_;
}

void HostService::note_refusal(const std::string& sentence)
{
    std::string report;
    {
        const std::lock_guard lock(mutex_);
        ++refused_;
        ++refused_unsaid_;
        last_refusal_ = sentence;
        const auto now = std::chrono::steady_clock::now();
        if (now < next_refusal_report_)
            return;
        next_refusal_report_ = now + refusal_report_interval;
        const std::uint64_t unsaid = std::exchange(refused_unsaid_, 0);
        report = fmt::format("a host was refused{}: {}",
                             unsaid > 1 ? fmt::format(" ({} times since the last line)", unsaid) : "", sentence);
    }
    hooks_.report(report);
}

}  // namespace ferryd
