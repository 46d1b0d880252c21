// The seam between the machine that moves endpoints and what carries its messages to other hosts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ferry/move/message.hpp>
#include <ferry/wire/address.hpp>

#include "control/status.hpp"

namespace ferryd {

/// How a message travels to another host.
enum class Way : std::uint8_t {
    stream,    ///< behind what was sent so before, or not at all
    datagram,  ///< sooner, perhaps before others or not at all; a stream where the other host does not answer datagrams
};

/// Sends to other ferry hosts. A lost message is the machine's to repeat.
class HostMessenger {
public:
    virtual ~HostMessenger() = default;

    /// Returns at once. `to` is a configured peer's VTEP; what is for anybody else is dropped and counted. Any thread.
    virtual void send_all(ferry::Ipv4Address to, std::span<const ferry::move::Message> messages, Way way) = 0;
    void send(ferry::Ipv4Address to, const ferry::move::Message& message, Way way = Way::stream)
    {
        send_all(to, {&message, 1}, way);
    }
    /// The configured peers, in the configuration's order. Any thread.
    virtual std::vector<PeerStatus> peers() = 0;
};

/// Takes what other ferry hosts send. Called on the transport's threads, several at a time; must not block. Nothing is
/// called after the transport has stopped.
class HostMessages {
public:
    virtual ~HostMessages() = default;

    /// `from_vtep` and `from_host` are whom the connection proved to be, whatever the message says. `allowed`: the
    /// configuration lets that host claim endpoints of the message's VNI.
    virtual void received(ferry::Ipv4Address from_vtep, const std::string& from_host, const ferry::move::Message& message,
                          bool allowed, Way way) = 0;
    /// Its connection is refused: the process does not run. Called each time that connecting is refused while something
    /// was to be sent, and when an open connection breaks and connecting anew is refused at once.
    virtual void unreachable(ferry::Ipv4Address vtep) = 0;
    /// Messages can be sent to it from now on.
    virtual void reached(ferry::Ipv4Address vtep, const std::string& host) = 0;
};

}  // namespace ferryd
