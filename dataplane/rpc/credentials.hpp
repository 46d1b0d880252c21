// Who a host is and whom it trusts, for the connections between ferry hosts.
#pragma once

#include <memory>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <ferry/error.hpp>

#include "config/config.hpp"

namespace ferryd {

using ferry::Expected;

// Both read the files of `peers.tls` anew, and fail with invalid_argument where one cannot be read or is not PEM. With
// `peers.insecure` the credentials are those of plain text.

/// Asks each client for a certificate that the authority signed, and refuses those without.
Expected<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const PeersConfig& peers);
/// Shows this host's certificate, and wants from the server one that the authority signed for the address that is
/// connected to (a subjectAltName of type IP).
Expected<std::shared_ptr<grpc::ChannelCredentials>> client_credentials(const PeersConfig& peers);

}  // namespace ferryd
