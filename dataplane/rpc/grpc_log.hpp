// Where gRPC's own messages go; by itself it writes to standard error in a form of its own.
#pragma once

#include <functional>
#include <string>

namespace ferryd {

/// From now on gRPC's errors, such as a peer's failed TLS handshake, go to `sink`, any thread, one line each; nothing
/// less does. Call it once, before anything else of rpc/.
void take_grpc_log(std::function<void(const std::string& line)> sink);

}  // namespace ferryd
