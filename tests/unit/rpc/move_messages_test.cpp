// Every message of a move travels as it is, and what cannot be one is refused.
#include <catch2/catch.hpp>

#include "rpc/move_messages.hpp"

using namespace ferry::move;
using ferryd::from_message;
using ferryd::to_message;

namespace {

const Key key{*ferry::Vni::make(0xff'fffe), *ferry::MacAddress::parse("52:54:00:ff:00:01")};
const Version version{0xff'ffff'ffff'fff0, 7, *ferry::Ipv4Address::parse("172.16.0.1")};
const Host host = *ferry::Ipv4Address::parse("223.1.2.3");

/// The fields of a body, so that two can be compared.
struct Fields {
    Version version;
    Host to{};
    std::uint64_t number = 0;
    Stream stream = 0;
    Labels labels{};
    ferry::Vni label{};
    friend bool operator==(const Fields&, const Fields&) = default;
};

Fields fields_of(const Body& body)
{
    return std::visit(
        [](const auto& b) {
            Fields fields;
            if constexpr (requires { b.version; })
                fields.version = b.version;
            if constexpr (requires { b.known; })
                fields.version = b.known;
            if constexpr (requires { b.to; })
                fields.to = b.to;
            if constexpr (requires { b.peer; })
                fields.to = b.peer;
            if constexpr (requires { b.label; })
                fields.label = b.label;
            if constexpr (requires { b.frames; })
                fields.number = b.frames;
            if constexpr (requires { b.question; })
                fields.number = b.question;
            if constexpr (requires { b.relayed; })
                fields.number = b.relayed;
            if constexpr (requires { b.stream; })
                fields.stream = b.stream;
            if constexpr (requires { b.labels; })
                fields.labels = b.labels;
            return fields;
        },
        body);
}

}  // namespace

TEST_CASE("messages travel as they are")
{
    const Labels labels{*ferry::Vni::make(0xf0'0000), *ferry::Vni::make(0xf0'0001)};
    const std::vector<Body> bodies{
        Claim{version, labels, ~0u}, Grant{version}, Moved{version, host, 8}, NotMine{version, 9}, Wait{}, Deny{version},
        Drained{version, 1ull << 40}, DrainedAck{version}, Turn{version, host, 255}, TurnAck{version},
        Turned{version, 1, 99}, Settled{version, 2}, TurnEnded{version, 3}, TurnEndedAck{version, 4}, Ask{version},
        Closed{version, 12}, ClosedAck{version}, Probe{version}, Probed{version, true}, Detour{version, host, labels.relay}};
    REQUIRE(bodies.size() == std::variant_size_v<Body>);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        REQUIRE(bodies[i].index() == i);
        std::string bytes;
        REQUIRE(to_message({key, bodies[i]}).SerializeToString(&bytes));
        ferry::v1::MoveMessage carried;
        REQUIRE(carried.ParseFromString(bytes));
        const auto read = from_message(carried);
        REQUIRE(read);
        REQUIRE(*read);
        CHECK((*read)->key == key);
        CHECK((*read)->body.index() == i);
        CHECK(fields_of((*read)->body) == fields_of(bodies[i]));
        CHECK(bytes.size() <= 64);
    }
}

TEST_CASE("values outside their range are refused")
{
    const auto refused = [](auto change) {
        auto message = to_message({key, Turn{version, host, 5}});
        change(message);
        const auto read = from_message(message);
        return !read && read.error().code == ferry::ErrorCode::invalid_argument;
    };
    CHECK(!refused([](auto&) {}));
    CHECK(refused([](auto& m) { m.set_vni(1 << 24); }));
    CHECK(refused([](auto& m) { m.set_mac(0); }));
    CHECK(refused([](auto& m) { m.set_mac(0x0100'5e00'0001); }));
    CHECK(refused([](auto& m) { m.set_mac(1ull << 48 | 0x5254'0000'0001); }));
    CHECK(refused([](auto& m) { m.mutable_turn()->set_stream(0); }));
    CHECK(refused([](auto& m) { m.mutable_turn()->set_stream(256); }));
    CHECK(refused([](auto& m) { m.mutable_turn()->set_to(0); }));
    CHECK(refused([](auto& m) { m.mutable_turn()->set_to(0xe000'0001); }));
    CHECK(refused([](auto& m) { m.mutable_claim()->set_flush_label(1 << 24); }));
    CHECK(refused([](auto& m) { m.mutable_turn()->mutable_version()->set_term(1ull << 56); }));
    CHECK(refused([](auto& m) { m.mutable_turn()->mutable_version()->set_epoch(~0ull); }));
}

TEST_CASE("a message of a kind that is not known is nothing")
{
    auto message = to_message({key, Wait{}});
    message.clear_body();
    const auto read = from_message(message);
    REQUIRE(read);
    CHECK(!*read);
}
