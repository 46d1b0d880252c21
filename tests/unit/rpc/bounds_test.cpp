// What the API's server bounds: the size of a request, the number of calls, the time of a call.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "fake_control.hpp"
#include "rpc/call_threads.hpp"
#include "rpc/client.hpp"
#include "rpc/local_server.hpp"
#include "rpc/local_service.hpp"
#include "test_folder.hpp"

using namespace ferryd;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::shared_ptr<grpc::Channel> channel_to(const std::filesystem::path& socket)
{
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    return grpc::CreateCustomChannel("unix:" + socket.string(), grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

TEST_CASE("a request that is too large is refused, and the connection lives on")
{
    const TestFolder folder;
    FakeControl control;
    const auto server = LocalServer::start({folder / "api", 0600}, control);
    REQUIRE(server);
    const auto stub = ferry::v1::Ferry::NewStub(channel_to(folder / "api"));
    ferry::v1::RemovePortRequest request;
    request.set_name(std::string(2 << 20, 'x'));
    ferry::v1::RemovePortResponse response;
    grpc::ClientContext large;
    CHECK(stub->RemovePort(&large, request, &response).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK(control.removed_port.empty());
    grpc::ClientContext small;
    request.set_name("vm0");
    CHECK(stub->RemovePort(&small, request, &response).ok());
}

TEST_CASE("more calls than are allowed at a time are refused, and later ones served")
{
    const TestFolder folder;
    FakeControl control;
    const auto server = LocalServer::start({folder / "api", 0600}, control);
    REQUIRE(server);
    control.close_gate();
    constexpr int callers = 40;
    std::atomic<int> served = 0, refused = 0, other = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i)
        threads.emplace_back([&] {
            const auto stub = ferry::v1::Ferry::NewStub(channel_to(folder / "api"));
            grpc::ClientContext context;
            context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
            ferry::v1::ListPortsResponse response;
            const grpc::Status status = stub->ListPorts(&context, {}, &response);
            ++(status.ok() ? served : status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ? refused : other);
        });
    CHECK(wait_until([&] { return control.waiting_at_gate() + refused == callers; }));
    CHECK(control.waiting_at_gate() == 16);
    CHECK(refused > 0);
    control.open_gate();
    for (std::thread& thread : threads)
        thread.join();
    CHECK(other == 0);
    CHECK(served + refused == callers);
    const auto client = Client::connect(folder / "api");
    REQUIRE(client);
    CHECK(wait_until([&] { return (*client)->ports().has_value(); }));
}

TEST_CASE("a call whose client does not read is ended")
{
    const TestFolder folder;
    FakeControl control;
    FdbStatus row;
    row.kind = ferry::RowKind::blackhole;
    control.row_list.assign(400'000, row);
    LocalService service(control, milliseconds(200));
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + (folder / "api").string(), grpc::InsecureServerCredentials());
    builder.RegisterService(&service);
    const auto server = builder.BuildAndStart();
    REQUIRE(server);

    const auto stub = ferry::v1::Ferry::NewStub(channel_to(folder / "api"));
    grpc::ClientContext context;
    const auto reader = stub->ListFdb(&context, {});
    ferry::v1::ListFdbResponse part;
    std::this_thread::sleep_for(milliseconds(1'000));
    std::size_t rows = 0;
    while (reader->Read(&part))
        rows += static_cast<std::size_t>(part.rows_size());
    CHECK(reader->Finish().error_code() == grpc::StatusCode::CANCELLED);
    CHECK(rows < control.row_list.size());
    const auto before = steady_clock::now();
    server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(20));
    CHECK(steady_clock::now() - before < std::chrono::seconds(10));
}

TEST_CASE("so many calls run at a time, each on a thread, and all are over when the threads go")
{
    std::atomic<int> running = 0, over = 0;
    std::atomic<bool> open = false;
    const auto call = [&] {
        ++running;
        while (!open)
            std::this_thread::sleep_for(milliseconds(1));
        ++over;
    };
    {
        CallThreads threads(3);
        for (int i = 0; i < 3; ++i)
            CHECK(threads.run(call));
        CHECK(wait_until([&] { return running == 3; }));
        CHECK_FALSE(threads.run(call));
        open = true;
        CHECK(wait_until([&] { return threads.run(call); }));
    }
    CHECK(over == 4);
}
