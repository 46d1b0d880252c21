#include "rpc/move_messages.hpp"

#include <type_traits>
#include <variant>

#include <fmt/format.h>

namespace ferryd {

namespace {

namespace move = ferry::move;

void put(const move::Version& version, v1::MoveVersion& into)
{
    into.set_term(version.term);
    into.set_epoch(version.epoch);
    into.set_host(version.host.host());
}

/// Puts one body into the message's `oneof`.
struct Put {
    v1::MoveMessage& into;

    void operator()(const move::Claim& body) const
    {
        auto& claim = *into.mutable_claim();
        put(body.known, *claim.mutable_known());
        claim.set_flush_label(body.labels.flush.value());
        claim.set_relay_label(body.labels.relay.value());
        claim.set_question(body.question);
    }
    void operator()(const move::Grant& body) const { put(body.version, *into.mutable_grant()->mutable_version()); }
    void operator()(const move::Moved& body) const
    {
        put(body.version, *into.mutable_moved()->mutable_version());
        into.mutable_moved()->set_to(body.to.host());
        into.mutable_moved()->set_question(body.question);
    }
    void operator()(const move::NotMine& body) const
    {
        put(body.known, *into.mutable_not_mine()->mutable_known());
        into.mutable_not_mine()->set_question(body.question);
    }
    void operator()(const move::Wait&) const { into.mutable_wait(); }
    void operator()(const move::Deny& body) const { put(body.version, *into.mutable_deny()->mutable_version()); }
    void operator()(const move::Drained& body) const
    {
        put(body.version, *into.mutable_drained()->mutable_version());
        into.mutable_drained()->set_frames(body.frames);
    }
    void operator()(const move::DrainedAck& body) const
    {
        put(body.version, *into.mutable_drained_ack()->mutable_version());
    }
    void operator()(const move::Turn& body) const
    {
        put(body.version, *into.mutable_turn()->mutable_version());
        into.mutable_turn()->set_to(body.to.host());
        into.mutable_turn()->set_stream(body.stream);
    }
    void operator()(const move::TurnAck& body) const { put(body.version, *into.mutable_turn_ack()->mutable_version()); }
    void operator()(const move::Turned& body) const
    {
        put(body.version, *into.mutable_turned()->mutable_version());
        into.mutable_turned()->set_stream(body.stream);
        into.mutable_turned()->set_frames(body.frames);
    }
    void operator()(const move::Settled& body) const { put_stream(body, *into.mutable_settled()); }
    void operator()(const move::TurnEnded& body) const { put_stream(body, *into.mutable_turn_ended()); }
    void operator()(const move::TurnEndedAck& body) const { put_stream(body, *into.mutable_turn_ended_ack()); }
    void operator()(const move::Ask& body) const { put(body.known, *into.mutable_ask()->mutable_known()); }
    void operator()(const move::Closed& body) const
    {
        put(body.version, *into.mutable_closed()->mutable_version());
        into.mutable_closed()->set_relayed(body.relayed);
    }
    void operator()(const move::ClosedAck& body) const
    {
        put(body.version, *into.mutable_closed_ack()->mutable_version());
    }
    void operator()(const move::Probe& body) const { put(body.version, *into.mutable_probe()->mutable_version()); }
    void operator()(const move::Probed& body) const
    {
        put(body.version, *into.mutable_probed()->mutable_version());
        into.mutable_probed()->set_relays(body.relays);
    }
    void operator()(const move::Detour& body) const
    {
        auto& detour = *into.mutable_detour();
        put(body.version, *detour.mutable_version());
        detour.set_peer(body.peer.host());
        detour.set_label(body.label.value());
    }

private:
    static void put_stream(const auto& body, auto& message)
    {
        put(body.version, *message.mutable_version());
        message.set_stream(body.stream);
    }
};

/// Reads fields and remembers whether one was outside its range.
class Reader {
public:
    bool good() const noexcept { return good_; }

    /// Hosts take over what is higher than their own: one that has lost its mind must not take the room above.
    move::Version version(const v1::MoveVersion& message)
    {
        constexpr std::uint64_t most = std::uint64_t{1} << 56;
        check(message.term() < most && message.epoch() < most);
        return {message.term(), message.epoch(), ferry::Ipv4Address::from_host(message.host())};
    }
    ferry::Vni vni(std::uint32_t value)
    {
        const auto vni = ferry::Vni::make(value);
        check(vni.has_value());
        return vni.value_or(ferry::Vni{});
    }
    move::Host host(std::uint32_t value)
    {
        const auto host = ferry::Ipv4Address::from_host(value);
        check(!host.is_zero() && !host.is_multicast());
        return host;
    }
    move::Stream stream(std::uint32_t value)
    {
        check(value >= 1 && value <= 255);
        return static_cast<move::Stream>(value);
    }
    void check(bool holds) noexcept { good_ = good_ && holds; }

private:
    bool good_ = true;
};

std::optional<move::Body> body_of(const v1::MoveMessage& m, Reader& read)
{
    using Case = v1::MoveMessage::BodyCase;
    switch (m.body_case()) {
    case Case::kClaim:
        return move::Claim{read.version(m.claim().known()),
                           {read.vni(m.claim().flush_label()), read.vni(m.claim().relay_label())},
                           m.claim().question()};
    case Case::kGrant: return move::Grant{read.version(m.grant().version())};
    case Case::kMoved:
        return move::Moved{read.version(m.moved().version()), read.host(m.moved().to()), m.moved().question()};
    case Case::kNotMine: return move::NotMine{read.version(m.not_mine().known()), m.not_mine().question()};
    case Case::kWait: return move::Wait{};
    case Case::kDeny: return move::Deny{read.version(m.deny().version())};
    case Case::kDrained: return move::Drained{read.version(m.drained().version()), m.drained().frames()};
    case Case::kDrainedAck: return move::DrainedAck{read.version(m.drained_ack().version())};
    case Case::kTurn:
        return move::Turn{read.version(m.turn().version()), read.host(m.turn().to()), read.stream(m.turn().stream())};
    case Case::kTurnAck: return move::TurnAck{read.version(m.turn_ack().version())};
    case Case::kTurned:
        return move::Turned{read.version(m.turned().version()), read.stream(m.turned().stream()), m.turned().frames()};
    case Case::kSettled: return move::Settled{read.version(m.settled().version()), read.stream(m.settled().stream())};
    case Case::kTurnEnded:
        return move::TurnEnded{read.version(m.turn_ended().version()), read.stream(m.turn_ended().stream())};
    case Case::kTurnEndedAck:
        return move::TurnEndedAck{read.version(m.turn_ended_ack().version()), read.stream(m.turn_ended_ack().stream())};
    case Case::kAsk: return move::Ask{read.version(m.ask().known())};
    case Case::kClosed: return move::Closed{read.version(m.closed().version()), m.closed().relayed()};
    case Case::kClosedAck: return move::ClosedAck{read.version(m.closed_ack().version())};
    case Case::kProbe: return move::Probe{read.version(m.probe().version())};
    case Case::kProbed: return move::Probed{read.version(m.probed().version()), m.probed().relays()};
    case Case::kDetour:
        return move::Detour{read.version(m.detour().version()), read.host(m.detour().peer()),
                            read.vni(m.detour().label())};
    case Case::BODY_NOT_SET: break;
    }
    return std::nullopt;
}

}  // namespace

v1::MoveMessage to_message(const move::Message& message)
{
    v1::MoveMessage made;
    made.set_vni(message.key.vni.value());
    made.set_mac(message.key.mac.to_u48());
    std::visit(Put{made}, message.body);
    return made;
}

Expected<std::optional<move::Message>> from_message(const v1::MoveMessage& message)
{
    Reader read;
    const move::Key key{read.vni(message.vni()), ferry::MacAddress::from_u48(message.mac())};
    read.check(message.mac() >> 48 == 0 && !key.mac.is_zero() && !key.mac.is_multicast());
    std::optional<move::Body> body = body_of(message, read);
    if (!read.good())
        return ferry::fail(ferry::ErrorCode::invalid_argument,
                           fmt::format("a message about {} in VNI {} has a value outside its range",
                                       key.mac.to_string(), message.vni()));
    if (!body)
        return std::nullopt;
    return move::Message{key, *body};
}

}  // namespace ferryd
