#include "rpc/error_status.hpp"

#include <array>
#include <string_view>

namespace ferryd {

using ferry::ErrorCode;

namespace {

constexpr const char* metadata_key = "ferry-error";

struct Correspondence {
    ErrorCode code;
    grpc::StatusCode status;
};
constexpr std::array<Correspondence, 8> correspondences{{
    {ErrorCode::invalid_argument, grpc::StatusCode::INVALID_ARGUMENT},
    {ErrorCode::not_found, grpc::StatusCode::NOT_FOUND},
    {ErrorCode::already_exists, grpc::StatusCode::ALREADY_EXISTS},
    {ErrorCode::in_use, grpc::StatusCode::FAILED_PRECONDITION},
    {ErrorCode::table_full, grpc::StatusCode::RESOURCE_EXHAUSTED},
    {ErrorCode::no_memory, grpc::StatusCode::ABORTED},
    {ErrorCode::unavailable, grpc::StatusCode::UNAVAILABLE},
    {ErrorCode::internal, grpc::StatusCode::INTERNAL},
}};

}  // namespace

grpc::Status refuse(grpc::CallbackServerContext& context, const ferry::Error& error)
{
    context.AddTrailingMetadata(metadata_key, ferry::to_string(error.code));
    for (const Correspondence& pair : correspondences)
        if (pair.code == error.code)
            return {pair.status, error.sentence};
    return {grpc::StatusCode::INTERNAL, error.sentence};
}

CallFailure failure_of(const grpc::ClientContext& context, const grpc::Status& status)
{
    const auto& metadata = context.GetServerTrailingMetadata();
    if (const auto found = metadata.find(metadata_key); found != metadata.end()) {
        const std::string_view name(found->second.data(), found->second.size());
        for (const Correspondence& pair : correspondences)
            if (name == ferry::to_string(pair.code))
                return {{pair.code, status.error_message()}, true};
        return {{ErrorCode::internal, status.error_message()}, true};
    }
    switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
        return {{ErrorCode::unavailable, "the connection failed: " + status.error_message()}, false};
    case grpc::StatusCode::DEADLINE_EXCEEDED: return {{ErrorCode::unavailable, "no answer came in time"}, false};
    case grpc::StatusCode::CANCELLED: return {{ErrorCode::unavailable, "the call was ended early"}, false};
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
        return {{ErrorCode::unavailable, "the call exceeds a bound of calls or sizes: " + status.error_message()},
                false};
    case grpc::StatusCode::UNIMPLEMENTED:
        return {{ErrorCode::internal, "the other side does not know this call; its version differs"}, false};
    default: return {{ErrorCode::internal, status.error_message()}, false};
    }
}

}  // namespace ferryd
