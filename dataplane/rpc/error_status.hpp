// A ferry::Error as a gRPC status and back. ferry.proto says how they correspond.
#pragma once

#include <grpcpp/grpcpp.h>

#include <ferry/error.hpp>

namespace ferryd {

/// Makes the status that ends a refused call, and puts the code's name into the trailing metadata. Call it before
/// the call is finished.
grpc::Status refuse(grpc::CallbackServerContext& context, const ferry::Error& error);

/// How a call failed, as the client sees it.
struct CallFailure {
    ferry::Error error;
    bool
        refused;  ///< the service itself said no; otherwise the call did not get through, or ferryd was too busy for it
};

/// Reads the status of a call that is over and did not succeed. Without "ferry-error" the code is unavailable where the
/// connection failed or the time was up, and internal otherwise.
CallFailure failure_of(const grpc::ClientContext& context, const grpc::Status& status);

}  // namespace ferryd
