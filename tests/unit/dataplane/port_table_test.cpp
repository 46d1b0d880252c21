#include "control/port_table.hpp"

#include <catch2/catch.hpp>

#include "fake_port.hpp"

using ferry::AttachmentId;
using ferryd::AttachedPort;
using ferryd::PortTable;
using ferryd::test::FakePort;

namespace {

AttachedPort& add(PortTable& table, const std::string& name, std::uint32_t attachment, std::uint16_t queues = 1)
{
    auto port = std::make_unique<AttachedPort>();
    port->config.name = name;
    port->key = table.new_key();
    port->port = std::make_unique<FakePort>(queues);
    port->attachment = AttachmentId{attachment};
    port->worker = table.idlest_worker(nullptr);
    port->polled = port->reachable = true;
    return table.insert(std::move(port));
}

}  // namespace

TEST_CASE("ports are found by name, key and attachment, and keys are not used again")
{
    PortTable table(1, {});
    const AttachedPort& first = add(table, "first", 1);
    const AttachedPort& second = add(table, "second", 2);
    CHECK(table.find("first") == &first);
    CHECK(table.find(second.key) == &second);
    CHECK(table.find(AttachmentId{2}) == &second);
    CHECK(table.find("third") == nullptr);
    const auto key = second.key;
    table.erase("second");
    CHECK(table.find(key) == nullptr);
    CHECK(add(table, "second", 2).key != key);
}

TEST_CASE("queues are spread over the workers")
{
    PortTable table(3, {});
    CHECK(add(table, "a", 1, 4).worker == 0);
    CHECK(add(table, "b", 2).worker == 1);
    CHECK(add(table, "c", 3).worker == 2);
    CHECK(add(table, "d", 4).worker == 1);
    const ferryd::Wiring wiring = table.wiring(nullptr);
    REQUIRE(wiring.polls.size() == 3);
    CHECK(wiring.polls[0].size() == 4);
    CHECK(wiring.polls[1].size() == 2);
    CHECK(wiring.polls[2].size() == 1);
    CHECK(wiring.polls[0][3].queue == 3);
    CHECK(wiring.to_attachment(AttachmentId{4}).owner == 1);
}

TEST_CASE("the underlay's queues go to the workers that the configuration names, and to all of them otherwise")
{
    FakePort underlay(4, 2);
    const auto workers_of = [&](const PortTable& table) {
        std::vector<std::uint32_t> workers(4, 99);
        const ferryd::Wiring wiring = table.wiring(&underlay);
        for (std::uint32_t worker = 0; worker < wiring.polls.size(); ++worker)
            for (const ferryd::PollEntry& poll : wiring.polls[worker])
                workers.at(poll.queue) = worker;
        return workers;
    };
    CHECK(workers_of(PortTable(2, {})) == std::vector<std::uint32_t>{0, 1, 0, 1});
    const PortTable named(2, {1, 1, 1});
    CHECK(workers_of(named) == std::vector<std::uint32_t>{1, 1, 1, 1});
    CHECK(named.idlest_worker(&underlay) == 0);
}

TEST_CASE("each worker has a queue of the host's interface, where there is one")
{
    PortTable table(2, {});
    FakePort host(2, 2);
    const ferryd::Wiring wiring = table.wiring(nullptr, &host);
    for (std::uint16_t worker = 0; worker < 2; ++worker) {
        REQUIRE(wiring.polls[worker].size() == 1);
        CHECK(wiring.polls[worker][0].from_host);
        CHECK(wiring.polls[worker][0].queue == worker);
        CHECK(wiring.to_host(worker).port == &host);
        CHECK(wiring.to_host(worker).queue == worker);
        CHECK(wiring.to_host(worker).owner == worker);
    }
    CHECK(table.wiring(nullptr).to_host(0).port == nullptr);
}

TEST_CASE("a port that goes is first not polled, then not reachable")
{
    PortTable table(1, {});
    AttachedPort& port = add(table, "a", 5);
    port.polled = false;
    ferryd::Wiring wiring = table.wiring(nullptr);
    CHECK(wiring.polls[0].empty());
    CHECK(wiring.to_attachment(AttachmentId{5}).port == port.port.get());
    port.reachable = false;
    wiring = table.wiring(nullptr);
    CHECK(wiring.to_attachment(AttachmentId{5}).port == nullptr);
    CHECK(wiring.to_attachment(AttachmentId{900}).port == nullptr);
    CHECK(wiring.to_underlay(0).port == nullptr);
}
