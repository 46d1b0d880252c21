// A control behind a server on a Unix socket, and a client that is connected to it.
#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>

#include "fake_control.hpp"
#include "ferry.grpc.pb.h"
#include "rpc/client.hpp"
#include "rpc/local_server.hpp"
#include "test_folder.hpp"

namespace ferryd {

inline ferry::Ipv4Address ipv4(const char* text)
{
    return *ferry::Ipv4Address::parse(text);
}

struct Served {
    TestFolder folder;
    FakeControl control;
    std::unique_ptr<LocalServer> server = LocalServer::start({folder / "api", 0600}, control).value();
    std::unique_ptr<Client> client = Client::connect(folder / "api").value();
    // For what the client would not say.
    std::shared_ptr<grpc::Channel> channel = grpc::CreateChannel("unix:" + (folder / "api").string(),
                                                                 grpc::InsecureChannelCredentials());
    std::unique_ptr<ferry::v1::Ferry::Stub> stub = ferry::v1::Ferry::NewStub(channel);
};

}  // namespace ferryd
