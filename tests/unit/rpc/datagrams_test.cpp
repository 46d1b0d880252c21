// The short way between hosts: which messages go by datagram, and what becomes of them where datagrams do not come.
#include <catch2/catch.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include "host_pair.hpp"
#include "rpc/host_stream.hpp"
#include "rpc/numeric_address.hpp"

using namespace ferryd;
using std::chrono::milliseconds;

namespace {

struct Pair : HostPair {
    void start_with_datagrams()
    {
        start();
        REQUIRE(wait_until([&] { return answered(); }));
    }
    bool answered() { return s.peer().datagram_rtt_us && d.peer().datagram_rtt_us; }
    std::vector<HeardMessages::Heard> heard_by_d(std::size_t count)
    {
        REQUIRE(wait_until([&] { return d.heard.size() >= count; }));
        return d.heard.all();
    }
};

/// A socket at the address, of which everything is thrown away.
class Pit {
public:
    explicit Pit(const std::string& address) : fd_(socket(AF_INET, SOCK_DGRAM, 0))
    {
        const auto at = numeric_address(address);
        REQUIRE(at);
        REQUIRE(bind(fd_, at->get(), at->size) == 0);
    }
    ~Pit() { close(fd_); }
    Pit(const Pit&) = delete;
    Pit& operator=(const Pit&) = delete;

private:
    const int fd_;
};

void send_raw(const std::string& to, const std::string& datagram)
{
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    const auto at = numeric_address(to);
    REQUIRE(at);
    REQUIRE(sendto(fd, datagram.data(), datagram.size(), 0, at->get(), at->size) == static_cast<ssize_t>(datagram.size()));
    close(fd);
}

}  // namespace

TEST_CASE("few messages go by datagram where the other host answers them, many by stream")
{
    Pair pair;
    pair.start_with_datagrams();
    pair.s.transport->send(pair.d.self.vtep, message_about(1 << 8, ferry::move::Drained{{3, 2, pair.s.self.vtep}, 17}), Way::datagram);
    const auto first = pair.heard_by_d(1)[0];
    CHECK(first.way == Way::datagram);
    CHECK(first.vtep == pair.s.self.vtep);
    CHECK(first.host == "S");
    CHECK(first.allowed);
    CHECK(first.message.key.mac.to_u48() == 1 << 8);
    CHECK(std::get<ferry::move::Drained>(first.message.body).frames == 17);
    CHECK(pair.s.peer().sent == 1);
    CHECK(pair.d.peer().received == 1);

    const std::vector<ferry::move::Message> many(HostStream::most_in_datagram + 1, message_about(2 << 8));
    pair.s.transport->send_all(pair.d.self.vtep, many, Way::datagram);
    CHECK(pair.heard_by_d(1 + many.size()).back().way == Way::stream);
    pair.s.transport->send(pair.d.self.vtep, message_about(3 << 8), Way::stream);
    CHECK(pair.heard_by_d(2 + many.size()).back().way == Way::stream);
}

TEST_CASE("a host that takes no datagrams gets streams")
{
    Pair pair;
    SECTION("because its configuration says so") { pair.d.peers.datagrams = false; }
    SECTION("because the sender's does") { pair.s.peers.datagrams = false; }
    pair.start();
    pair.s.transport->send(pair.d.self.vtep, message_about(1 << 8), Way::datagram);
    CHECK(pair.heard_by_d(1)[0].way == Way::stream);
    std::this_thread::sleep_for(milliseconds(1'500));
    CHECK(!pair.answered());
}

TEST_CASE("a port that is taken leaves the streams, and is told of")
{
    Pair pair;
    const Pit pit(pair.d.peers.listen);
    pair.start();
    CHECK(pair.d.reports.count("no datagrams at " + pair.d.peers.listen) == 1);
    pair.s.transport->send(pair.d.self.vtep, message_about(1 << 8), Way::datagram);
    CHECK(pair.heard_by_d(1)[0].way == Way::stream);
}

TEST_CASE("a host that comes back has another key")
{
    Pair pair;
    pair.start_with_datagrams();
    pair.d.transport->stop();
    pair.d.transport.reset();
    pair.d.start();
    REQUIRE(wait_until([&] { return pair.s.heard.reached_times == 2 && pair.d.peer().connected; }));
    REQUIRE(wait_until([&] { return pair.answered(); }));
    pair.s.transport->send(pair.d.self.vtep, message_about(1 << 8), Way::datagram);
    CHECK(pair.heard_by_d(1)[0].way == Way::datagram);
}

TEST_CASE("a datagram of nobody is counted and does nothing")
{
    Pair pair;
    pair.start_with_datagrams();
    for (const std::size_t size : {0, 1, 31, 32, 33, 1'400, 9'000})
        send_raw(pair.d.peers.listen, std::string(size, '\x5a'));
    REQUIRE(wait_until([&] { return pair.d.transport->peers().size() == 2; }));
    REQUIRE(wait_until([&] { return pair.d.peer(1).dropped == 7; }));
    CHECK(pair.d.peer(1).vtep.is_zero());
    CHECK(pair.d.peer(1).fault == "datagrams that are nobody's, forged or repeated");
    CHECK(pair.d.heard.size() == 0);
    CHECK(pair.answered());
}

TEST_CASE("two sessions of one number: the second one has no datagrams")
{
    const std::string address = free_address();
    const auto datagrams = HostDatagrams::open(address).value();
    const DatagramSeal::Key key{};
    const auto nothing = [](HostDatagrams::Session&, const ferry::v1::HostFrame&) {};
    auto first = datagrams->join(7, key, DatagramSeal::End::called, address, nothing);
    REQUIRE(first);
    CHECK(!datagrams->join(7, key, DatagramSeal::End::caller, address, nothing));
    first.reset();
    CHECK(datagrams->join(7, key, DatagramSeal::End::caller, address, nothing));
    CHECK(!datagrams->join(0, key, DatagramSeal::End::caller, address, nothing));
    CHECK(!datagrams->join(8, key, DatagramSeal::End::caller, "somewhere", nothing));
}
