#include "control/inbox.hpp"

#include <string>

#include <catch2/catch.hpp>

using ferryd::Inbox;

namespace {

ferry::Ipv4Address host(unsigned number)
{
    return *ferry::Ipv4Address::parse("172.16.0." + std::to_string(number));
}

Inbox::Received from(unsigned number)
{
    return {host(number), {}, true};
}

}  // namespace

TEST_CASE("messages are taken together and in order, and only the first asks for it")
{
    Inbox inbox;
    CHECK(inbox.push(from(1)) == Inbox::Pushed::first);
    CHECK(inbox.push(from(2)) == Inbox::Pushed::behind);
    const auto taken = inbox.take();
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].from == host(1));
    CHECK(taken[1].from == host(2));
    CHECK(inbox.take().empty());
    CHECK(inbox.push(from(3)) == Inbox::Pushed::first);
}

TEST_CASE("hosts that send without end get no more room than there is")
{
    Inbox inbox;
    for (std::size_t i = 0; i < Inbox::most; ++i)
        inbox.push(from(1));
    CHECK(inbox.push(from(1)) == Inbox::Pushed::refused);
    CHECK(inbox.take().size() == Inbox::most);
    CHECK(inbox.push(from(1)) == Inbox::Pushed::first);
}
