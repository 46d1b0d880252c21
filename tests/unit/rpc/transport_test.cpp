// Messages between hosts in plain text: that they arrive, in order, many at a time, and what is told of hosts that run,
// do not run, and come back.
#include <catch2/catch.hpp>

#include <algorithm>

#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "host_pair.hpp"
#include "rpc/message_queue.hpp"

using namespace ferryd;
using ferry::move::Drained;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

TEST_CASE("messages go both ways, and say from whom they are")
{
    HostPair pair;
    pair.start();
    pair.s.transport->send(pair.d.self.vtep, message_about(0x5254'0000'0001, Drained{{3, 2, pair.s.self.vtep}, 17}));
    pair.d.transport->send(pair.s.self.vtep, message_about(0x5254'0000'0002));
    REQUIRE(wait_until([&] { return pair.d.heard.size() == 1 && pair.s.heard.size() == 1; }));
    const auto heard = pair.d.heard.all()[0];
    CHECK(heard.vtep == pair.s.self.vtep);
    CHECK(heard.host == "S");
    CHECK(heard.allowed);
    CHECK(heard.message.key.vni.value() == 100);
    CHECK(heard.message.key.mac.to_u48() == 0x5254'0000'0001);
    REQUIRE(std::holds_alternative<Drained>(heard.message.body));
    CHECK(std::get<Drained>(heard.message.body).frames == 17);
    CHECK(std::get<Drained>(heard.message.body).version == ferry::move::Version{3, 2, pair.s.self.vtep});
    CHECK(pair.s.heard.all()[0].host == "D");
    CHECK(wait_until([&] { return pair.s.heard.reached_times == 1; }));  // told of after the peer shows as connected
}

TEST_CASE("a burst arrives in its order")
{
    HostPair pair;
    pair.start();
    constexpr std::uint64_t burst = 10'000;
    for (std::uint64_t i = 1; i <= burst; ++i)
        pair.s.transport->send(pair.d.self.vtep, message_about(i << 8));
    REQUIRE(wait_until([&] { return pair.d.heard.size() == burst; }));
    const auto heard = pair.d.heard.all();
    CHECK(std::is_sorted(heard.begin(), heard.end(),
                         [](const auto& a, const auto& b) { return a.message.key.mac < b.message.key.mac; }));
    CHECK(wait_until([&] { return pair.d.peer().received == burst && pair.s.peer().sent == burst; }));
    CHECK(pair.s.peer().dropped == 0);
}

TEST_CASE("messages that are sent together arrive in their order, behind what was sent before")
{
    HostPair pair;
    pair.start();
    std::vector<ferry::move::Message> together;
    for (std::uint64_t i = 2; i <= 300; ++i)
        together.push_back(message_about(i << 8));
    pair.s.transport->send(pair.d.self.vtep, message_about(1 << 8));
    pair.s.transport->send_all(pair.d.self.vtep, together, Way::stream);
    REQUIRE(wait_until([&] { return pair.d.heard.size() == 300; }));
    const auto heard = pair.d.heard.all();
    for (std::size_t i = 0; i < heard.size(); ++i)
        REQUIRE(heard[i].message.key.mac.to_u48() == (i + 1) << 8);
}

TEST_CASE("many threads may send")
{
    HostPair pair;
    pair.start();
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 1; thread <= 4; ++thread)
        threads.emplace_back([&, thread] {
            for (std::uint64_t i = 1; i <= 1'000; ++i)
                pair.s.transport->send(pair.d.self.vtep, message_about(thread << 24 | i));
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(wait_until([&] { return pair.d.heard.size() == 4'000; }));
}

TEST_CASE("a message for a stranger is nobody's")
{
    HostPair pair;
    pair.start();
    pair.s.transport->send(*ferry::Ipv4Address::parse("172.16.0.9"), message_about(1 << 8));
    pair.s.transport->send(pair.d.self.vtep, message_about(2 << 8));
    REQUIRE(wait_until([&] { return pair.d.heard.size() == 1; }));
    CHECK(pair.d.heard.all()[0].message.key.mac.to_u48() == 2 << 8);
}

TEST_CASE("a host that does not run is told of when it is wanted, and found when it starts")
{
    TestHost s("S", "172.16.0.1"), d("D", "172.16.0.2");
    s.knows(d);
    d.knows(s);
    s.start();
    REQUIRE(wait_until([&] { return s.reports.count("its process does not run") == 1; }));
    CHECK(s.heard.unreachable_times == 0);  // nobody has asked
    CHECK(!s.peer().connected);
    s.transport->send(d.self.vtep, message_about(1 << 8));
    REQUIRE(wait_until([&] { return s.heard.unreachable_times > 0; }));
    CHECK(s.heard.last_unreachable == d.self.vtep.host());
    CHECK(s.peer().dropped == 1);

    d.start();
    REQUIRE(wait_until([&] { return s.heard.reached_times == 1; }));
    s.transport->send(d.self.vtep, message_about(2 << 8));
    REQUIRE(wait_until([&] { return d.heard.size() == 1; }));
    CHECK(s.peer().name == "D");
}

TEST_CASE("a host that goes away is told of at once, though nobody has asked, and is found again")
{
    HostPair pair;
    pair.start();
    pair.d.transport->stop();
    REQUIRE(wait_until([&] { return pair.s.heard.unreachable_times > 0; }));  // sooner than keep-alive would tell, 13 s
    CHECK(pair.s.reports.count("is lost") == 1);
    CHECK(!pair.s.peer().heard);
    pair.d.transport.reset();
    pair.d.start();
    REQUIRE(wait_until([&] { return pair.s.heard.reached_times == 2 && pair.d.peer().connected; }));
    pair.s.transport->send(pair.d.self.vtep, message_about(1 << 8));
    CHECK(wait_until([&] { return pair.d.heard.size() == 1; }));
}

TEST_CASE("a host that is silent is not one that does not run")
{
    // Its kernel takes connections, and nobody speaks.
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(listener, 8) == 0);
    socklen_t size = sizeof(address);
    REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);

    TestHost s("S", "172.16.0.1");
    TestHost d("D", "172.16.0.2", "127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    s.knows(d);
    s.start();
    s.transport->send(d.self.vtep, message_about(1 << 8));
    std::this_thread::sleep_for(milliseconds(4'000));
    CHECK(s.heard.unreachable_times == 0);
    CHECK(!s.peer().connected);
    CHECK(!s.peer().fault.empty());
    const auto before = steady_clock::now();
    s.transport->stop();
    CHECK(steady_clock::now() - before < seconds(2));  // for an answer it would wait 3 s
    close(listener);
}

TEST_CASE("what waits for too long, or is too much, is dropped and counted")
{
    MessageQueue queue;
    const auto now = MessageQueue::Clock::now();
    ferry::v1::MoveMessage message;
    for (std::size_t i = 0; i < MessageQueue::most + 5; ++i) {
        message.set_mac(i);
        queue.push(message, now);
    }
    CHECK(queue.dropped() == 5);
    ferry::v1::HostFrame frame;
    CHECK(queue.take(frame, now) == MessageQueue::most_in_frame);
    CHECK(frame.messages(0).mac() == 5);
    frame.Clear();
    CHECK(queue.take(frame, now + seconds(2)) == 0);
    CHECK(queue.empty());
    CHECK(queue.dropped() == 5 + MessageQueue::most - MessageQueue::most_in_frame);
}

TEST_CASE("stopping is prompt, and nothing is called afterwards")
{
    HostPair pair;
    pair.start();
    std::atomic<bool> over = false;
    std::thread sender([&] {
        for (std::uint64_t i = 1; !over; ++i)
            pair.s.transport->send(pair.d.self.vtep, message_about(i << 8 & 0xfe'ffff'ffff));
    });
    REQUIRE(wait_until([&] { return pair.d.heard.size() > 100; }));
    const auto before = steady_clock::now();
    pair.d.transport->stop();
    CHECK(steady_clock::now() - before < seconds(2));
    const std::size_t heard = pair.d.heard.size();
    std::this_thread::sleep_for(milliseconds(200));
    CHECK(pair.d.heard.size() == heard);
    pair.s.transport->stop();
    over = true;
    sender.join();
    pair.s.transport->stop();
}

TEST_CASE("an address that cannot be listened on is a fault")
{
    HostPair pair;
    pair.s.start();
    TestHost other("O", "172.16.0.3", pair.s.peers.listen);
    auto transport = HostTransport::make(other.self, other.peers, other.reports.take()).value();
    const auto second = transport->start(other.heard);
    REQUIRE(!second);
    CHECK(second.error().code == ferry::ErrorCode::unavailable);
    CHECK(second.error().sentence.find("cannot listen on " + pair.s.peers.listen) == 0);
}
