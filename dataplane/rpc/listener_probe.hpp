// Tells a host whose process does not run from one that is silent: gRPC does not.
#pragma once

#include <chrono>
#include <string>

namespace ferryd {

/// True where connecting to `endpoint` ("address:port", IPv6 in brackets) is refused within `most`: the host is there,
/// and nobody listens. False where somebody does, or nothing is heard.
bool refuses_connections(const std::string& endpoint, std::chrono::milliseconds most);

}  // namespace ferryd
