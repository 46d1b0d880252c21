// Telling the other hosts: again and again until there is an answer, the newest only, and stopping at once.
#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>

#include "fake_control.hpp"
#include "rpc/announcer.hpp"
#include "rpc/host_server.hpp"
#include "test_folder.hpp"

using namespace ferryd;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

PeersConfig plain(const std::string& listen, std::vector<std::string> hosts = {})
{
    PeersConfig peers;
    peers.listen = listen;
    peers.hosts = std::move(hosts);
    peers.insecure = true;
    return peers;
}

EndpointPlace place(std::uint64_t version, std::uint64_t mac = 0x5254'0000'0001)
{
    return {*ferry::Vni::make(100), ferry::MacAddress::from_u48(mac), *ferry::Ipv4Address::parse("172.16.0.2"), version,
            "D"};
}

/// Keeps what done() was called with, by the place's version.
class Answers {
public:
    struct Answer {
        std::uint64_t announced;
        std::string peer;
        bool told;
        std::uint64_t version;
    };
    PeerAnnouncer::Done done(std::uint64_t announced)
    {
        return [this, announced](std::string peer, bool told, std::uint64_t version) {
            const std::lock_guard lock(mutex_);
            answers_.push_back({announced, std::move(peer), told, version});
        };
    }
    std::vector<Answer> all()
    {
        const std::lock_guard lock(mutex_);
        return answers_;
    }
    std::size_t size() { return all().size(); }

private:
    std::mutex mutex_;
    std::vector<Answer> answers_;
};

std::unique_ptr<GrpcAnnouncer> start(const std::vector<std::string>& hosts)
{
    return GrpcAnnouncer::start(plain("", hosts), [](const std::string&) {}).value();
}

}  // namespace

TEST_CASE("every peer is told, and answers with its name")
{
    FakeControl one, two;
    const std::string first = free_address();
    const auto first_server = HostServer::start(plain(first), one);
    const std::string second = free_address();
    const auto second_server = HostServer::start(plain(second), two);
    REQUIRE(first_server);
    REQUIRE(second_server);
    Answers answers;
    const auto announcer = start({first, second});
    announcer->announce(place(3), answers.done(3));
    REQUIRE(wait_until([&] { return answers.size() == 2; }));
    for (const Answers::Answer& answer : answers.all()) {
        CHECK((answer.peer == first || answer.peer == second));
        CHECK(answer.told);
        CHECK(answer.version == 3);
    }
    CHECK(one.places().size() == 1);
    CHECK(two.places().size() == 1);
}

TEST_CASE("a peer that starts late is told, and the others do not wait for it")
{
    FakeControl prompt, late;
    const std::string prompt_address = free_address();
    const auto prompt_server = HostServer::start(plain(prompt_address), prompt);
    REQUIRE(prompt_server);
    const std::string late_address = free_address();
    Answers answers;
    const auto announcer = start({late_address, prompt_address});
    announcer->announce(place(1), answers.done(1));
    REQUIRE(wait_until([&] { return answers.size() == 1; }, seconds(2)));
    CHECK(answers.all()[0].peer == prompt_address);
    std::this_thread::sleep_for(milliseconds(500));
    const auto late_server = HostServer::start(plain(late_address), late);
    REQUIRE(late_server);
    REQUIRE(wait_until([&] { return answers.size() == 2; }));
    CHECK(answers.all()[1].peer == late_address);
    CHECK(answers.all()[1].told);
    CHECK(late.places().size() == 1);
}

TEST_CASE("a peer that restarts is told again what comes then, soon after")
{
    FakeControl control;
    const std::string address = free_address();
    auto server = HostServer::start(plain(address), control);
    REQUIRE(server);
    Answers answers;
    const auto announcer = start({address});
    announcer->announce(place(1), answers.done(1));
    REQUIRE(wait_until([&] { return answers.size() == 1; }));
    server->reset();
    std::this_thread::sleep_for(milliseconds(1500));
    server = HostServer::start(plain(address), control);
    REQUIRE(server);
    announcer->announce(place(2), answers.done(2));
    REQUIRE(wait_until([&] { return answers.size() == 2; }, seconds(5)));
    CHECK(answers.all()[1].told);
}

TEST_CASE("a message on an open connection takes no handshake")
{
    FakeControl control;
    const std::string address = free_address();
    const auto server = HostServer::start(plain(address), control);
    REQUIRE(server);
    Answers answers;
    const auto announcer = start({address});
    announcer->announce(place(1), answers.done(1));
    REQUIRE(wait_until([&] { return answers.size() == 1; }));
    auto best = steady_clock::duration::max();
    for (std::uint64_t version = 2; version < 12; ++version) {
        const auto before = steady_clock::now();
        announcer->announce(place(version), answers.done(version));
        REQUIRE(wait_until([&] { return answers.size() == version; }));
        best = std::min(best, steady_clock::now() - before);
    }
    CHECK(best < milliseconds(100));
}

TEST_CASE("'not now' is asked again, a refusal is not")
{
    FakeControl control;
    control.unavailable_times = 2;
    const std::string address = free_address();
    const auto server = HostServer::start(plain(address), control);
    REQUIRE(server);
    Answers answers;
    const auto announcer = start({address});
    announcer->announce(place(1), answers.done(1));
    REQUIRE(wait_until([&] { return answers.size() == 1; }));
    CHECK(answers.all()[0].told);
    CHECK(control.unavailable_times == 0);

    control.error = ferry::Error{ferry::ErrorCode::not_found, "there is no segment of VNI 100"};
    announcer->announce(place(2), answers.done(2));
    REQUIRE(wait_until([&] { return answers.size() == 2; }));
    CHECK(!answers.all()[1].told);
    CHECK(answers.all()[1].version == 0);
}

TEST_CASE("an endpoint that a peer cannot take now does not hold up the others")
{
    FakeControl control;
    control.never = 0x5254'0000'0009;
    const std::string address = free_address();
    const auto server = HostServer::start(plain(address), control);
    REQUIRE(server);
    Answers answers;
    const auto announcer = start({address});
    announcer->announce(place(1, control.never), answers.done(9));
    for (std::uint64_t i = 0; i < 5; ++i)
        announcer->announce(place(1, 0x5254'0000'0010 + i), answers.done(i));
    REQUIRE(wait_until([&] { return answers.size() == 5; }));
    for (const Answers::Answer& answer : answers.all())
        CHECK(answer.told);
    control.never = 0;
    REQUIRE(wait_until([&] { return answers.size() == 6; }));
    CHECK(answers.all()[5].announced == 9);
    CHECK(answers.all()[5].told);
}

TEST_CASE("an old place is answered with the version that stands")
{
    FakeControl control;
    control.standing = 9;
    const std::string address = free_address();
    const auto server = HostServer::start(plain(address), control);
    REQUIRE(server);
    Answers answers;
    const auto announcer = start({address});
    announcer->announce(place(1), answers.done(1));
    REQUIRE(wait_until([&] { return answers.size() == 1; }));
    CHECK(!answers.all()[0].told);
    CHECK(answers.all()[0].version == 9);
}

TEST_CASE("only the newest place of an endpoint reaches a peer that was away")
{
    FakeControl control;
    const std::string address = free_address();
    Answers answers;
    const auto announcer = start({address});
    for (std::uint64_t version = 1; version <= 20; ++version)
        announcer->announce(place(version), answers.done(version));
    announcer->announce(place(1, 0x5254'0000'0002), answers.done(100));
    CHECK(wait_until([&] { return answers.size() >= 18; }));
    const auto server = HostServer::start(plain(address), control);
    REQUIRE(server);
    REQUIRE(wait_until([&] { return answers.size() == 21; }));
    std::uint64_t highest_failed = 0, told_last = 0;
    for (const Answers::Answer& answer : answers.all()) {
        if (answer.told && answer.announced != 100)
            told_last = std::max(told_last, answer.announced);
        if (!answer.told)
            highest_failed = std::max(highest_failed, answer.announced);
    }
    CHECK(told_last == 20);
    CHECK(highest_failed < 20);
    CHECK(control.places().size() <= 3);  // the one that was under way, the newest, and the other endpoint's
}

TEST_CASE("stopping is prompt, answers everything, and nothing is answered afterwards")
{
    Answers answers;
    const std::string address = free_address();
    const auto announcer = start({address, "192.0.2.1:4790"});
    for (std::uint64_t i = 0; i < 100; ++i)
        announcer->announce(place(1, 0x5254'0000'0000 + i), answers.done(i));
    std::this_thread::sleep_for(milliseconds(100));
    const auto before = steady_clock::now();
    announcer->stop();
    CHECK(steady_clock::now() - before < seconds(1));
    CHECK(answers.size() == 200);
    for (const Answers::Answer& answer : answers.all())
        CHECK(!answer.told);
    announcer->announce(place(2), answers.done(1000));
    CHECK(answers.size() == 202);
    announcer->stop();
}

TEST_CASE("what happens to a peer is reported, once each")
{
    FakeControl control;
    std::mutex mutex;
    std::vector<std::string> reports;
    const auto count = [&](const std::string& part) {
        const std::lock_guard lock(mutex);
        return std::count_if(reports.begin(), reports.end(),
                             [&](const std::string& report) { return report.find(part) != std::string::npos; });
    };
    const std::string address = free_address();
    const auto announcer = GrpcAnnouncer::start(plain("", {address}), [&](const std::string& report) {
        const std::lock_guard lock(mutex);
        reports.push_back(report);
    });
    REQUIRE(announcer);
    CHECK(wait_until([&] { return count(address + " is not reached") == 1; }));
    auto server = HostServer::start(plain(address), control);
    REQUIRE(server);
    CHECK(wait_until([&] { return count(address + " is reached") == 1; }));
    server->reset();
    CHECK(wait_until([&] { return count(address + " is lost") == 1; }));
    std::this_thread::sleep_for(milliseconds(1500));
    CHECK(count("peer") == 3);
}
