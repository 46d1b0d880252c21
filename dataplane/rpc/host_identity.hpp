// Who another ferry host is, as far as its connection proves it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grpcpp/security/auth_context.h>

#include <ferry/error.hpp>

#include "config/config.hpp"
#include "ferry.pb.h"

namespace ferryd {

using ferry::Expected;

inline constexpr std::uint32_t host_protocol = 1;

/// What this host says of itself at the beginning of a stream.
ferry::v1::Hello hello_of(const HostConfig& host);

/// The names that the other side's certificate carries: its subject alternative names, DNS names and addresses alike, and
/// its common name. None in plain text.
std::vector<std::string> certificate_names(const grpc::AuthContext& context);

/// Whether a certificate of those names is the peer's: it carries the peer's configured name or, where none is
/// configured, the address at which the peer is reached.
bool is_certificate_of(const PeerHost& peer, const std::vector<std::string>& names);

/// The configured peer whose VTEP the hello gives, once the certificate has proved that it is the one. In plain text
/// (peers.insecure) the hello alone says who it is. Fails with invalid_argument and a sentence for the other side's
/// operator.
Expected<const PeerHost*> identify(const PeersConfig& peers, const ferry::v1::Hello& hello,
                                   const std::vector<std::string>& names);

/// Fails with unavailable where the two hosts cannot work together.
Expected<void> check_protocol(const ferry::v1::Hello& hello);

}  // namespace ferryd
