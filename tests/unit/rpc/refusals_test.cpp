// Calls that end badly: ferryd's own refusals, bad requests, and no ferryd at all.
#include <catch2/catch.hpp>

#include "served.hpp"

using namespace ferryd;
using ferry::ErrorCode;

TEST_CASE("each error keeps its code and sentence, and is known as ferryd's own")
{
    Served s;
    const std::vector<std::pair<ErrorCode, grpc::StatusCode>> codes = {
        {ErrorCode::invalid_argument, grpc::StatusCode::INVALID_ARGUMENT},
        {ErrorCode::not_found, grpc::StatusCode::NOT_FOUND},
        {ErrorCode::already_exists, grpc::StatusCode::ALREADY_EXISTS},
        {ErrorCode::in_use, grpc::StatusCode::FAILED_PRECONDITION},
        {ErrorCode::table_full, grpc::StatusCode::RESOURCE_EXHAUSTED},
        {ErrorCode::no_memory, grpc::StatusCode::ABORTED},
        {ErrorCode::unavailable, grpc::StatusCode::UNAVAILABLE},
        {ErrorCode::internal, grpc::StatusCode::INTERNAL},
    };
    for (const auto& [code, status] : codes) {
        s.control.error = ferry::Error{code, std::string("because “of” ") + ferry::to_string(code)};
        const auto result = s.client->remove_port("vm0");
        REQUIRE(!result);
        CHECK(result.error().code == code);
        CHECK(result.error().sentence == s.control.error->sentence);
        const auto rows = s.client->fdb(std::nullopt);
        REQUIRE(!rows);
        CHECK(rows.error().code == code);
        CHECK(!s.client->lost());

        grpc::ClientContext context;
        ferry::v1::ListPortsResponse response;
        CHECK(s.stub->ListPorts(&context, {}, &response).error_code() == status);
        const auto& trailing = context.GetServerTrailingMetadata();
        REQUIRE(trailing.count("ferry-error") == 1);
        CHECK(trailing.find("ferry-error")->second == ferry::to_string(code));
    }
}

TEST_CASE("a bad request is refused before it reaches the control")
{
    Served s;
    const auto refused = [](const grpc::Status& status, const char* sentence) {
        CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
        CHECK(status.error_message() == sentence);
    };
    const auto add_port = [&](auto fill) {
        ferry::v1::AddPortRequest request;
        ferry::v1::Port& port = *request.mutable_port();
        port.set_name("vm0");
        port.set_vni(1);
        port.mutable_vhost_user()->set_socket("/s");
        fill(port);
        grpc::ClientContext context;
        ferry::v1::AddPortResponse response;
        return s.stub->AddPort(&context, request, &response);
    };
    refused(add_port([](auto& port) { port.set_vni(1 << 24); }), "16777216 is not allowed; a VNI is 0 to 16777215");
    refused(add_port([](auto& port) { port.add_macs("52:54:00:00:00"); }),
            "\"52:54:00:00:00\" is not a MAC address; write one like \"52:54:00:00:00:01\"");
    refused(add_port([](auto& port) {
                port.add_macs("52:54:00:00:00:01");
                port.add_macs("52:54:00:00:00:01");
            }),
            "\"52:54:00:00:00:01\" stands in the list twice");
    refused(add_port([](auto& port) { port.clear_kind(); }), "a port needs a vhost-user socket or a device");
    refused(add_port([](auto& port) { port.mutable_vhost_user()->set_socket("s"); }),
            "\"s\" is not allowed; a socket's path is absolute");
    refused(add_port([](auto& port) { port.mutable_vhost_user()->set_queues(17); }),
            "17 queues are not allowed; give 1 to 16");
    CHECK(!s.control.port);
    CHECK(add_port([](auto&) {}).ok());
    CHECK(std::get<VhostUserPort>(s.control.port->kind).queues == 1);

    ferry::v1::SetFdbRequest request;
    request.set_mac("52:54:00:00:00:01");
    const auto set_fdb = [&] {
        grpc::ClientContext context;
        ferry::v1::SetFdbResponse response;
        return s.stub->SetFdb(&context, request, &response);
    };
    refused(set_fdb(), "a row needs a place: a VTEP's address or a port's name");
    request.set_vtep("172.16.0.3");
    refused(set_fdb(), "the mode must be MODE_ADD or MODE_REPLACE");
    request.set_mode(ferry::v1::SetFdbRequest::MODE_ADD);
    CHECK(set_fdb().ok());
    request.set_mac("ff:ff:ff:ff:ff:ff");
    refused(set_fdb(), "\"ff:ff:ff:ff:ff:ff\" is not allowed; it is a multicast MAC address, give a unicast one");
}

TEST_CASE("where nobody listens the client says so, and one whose ferryd ends knows it")
{
    const TestFolder folder;
    const auto none = Client::connect(folder / "none");
    REQUIRE(!none);
    CHECK(none.error().code == ErrorCode::unavailable);
    CHECK(none.error().sentence.find("cannot reach ferryd at") == 0);

    Served s;
    REQUIRE(s.client->ports());
    s.server.reset();
    const auto ports = s.client->ports();
    REQUIRE(!ports);
    CHECK(ports.error().code == ErrorCode::unavailable);
    CHECK(s.client->lost());
}
