#include "rpc/grpc_log.hpp"

#include <grpc/support/log.h>

#include <utility>

namespace ferryd {

namespace {

/// gRPC takes a plain function, so what that calls is kept here; never destroyed, as gRPC's threads may outlive main().
std::function<void(const std::string&)>* sink_of_all = nullptr;

}  // namespace

void take_grpc_log(std::function<void(const std::string& line)> sink)
{
    sink_of_all = new std::function<void(const std::string&)>(std::move(sink));
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    gpr_set_log_function([](gpr_log_func_args* message) { (*sink_of_all)(std::string("gRPC: ") + message->message); });
}

}  // namespace ferryd
