// Who can make a datagram, and who can send one again.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "rpc/datagram_seal.hpp"

using namespace ferryd;
using End = DatagramSeal::End;

namespace {

DatagramSeal::Key key_of(unsigned char byte)
{
    DatagramSeal::Key key;
    key.fill(byte);
    return key;
}

constexpr std::uint64_t session = 0x0123'4567'89ab'cdef;

struct Ends {
    DatagramSeal caller{session, key_of(1), End::caller}, called{session, key_of(1), End::called};
};

}  // namespace

TEST_CASE("what one end seals the other one opens, both ways")
{
    Ends ends;
    for (const std::string& text : {std::string(""), std::string("claim"), std::string(1'200, '\xff')}) {
        CHECK(ends.called.open(ends.caller.seal(text)) == text);
        CHECK(ends.caller.open(ends.called.seal(text)) == text);
    }
    const std::string datagram = ends.caller.seal("claim");
    CHECK(datagram.size() == DatagramSeal::header_bytes + 5 + DatagramSeal::tag_bytes);
    CHECK(datagram.find("claim") == std::string::npos);
    CHECK(DatagramSeal::session_of(datagram) == session);
}

TEST_CASE("the bytes are those that others make by AES-256-GCM")
{
    // Python's cryptography: AESGCM(bytes([1] * 32)).encrypt(bytes(4) + number, b"claim", session + number), number 1.
    Ends ends;
    const std::string datagram = ends.caller.seal("claim");
    std::string hex;
    for (const char byte : datagram) {
        constexpr const char* digits = "0123456789abcdef";
        hex += digits[static_cast<unsigned char>(byte) >> 4];
        hex += digits[static_cast<unsigned char>(byte) & 15];
    }
    CHECK(hex == "0123456789abcdef0000000000000001d8b6f1eeb17b73f38c839269ad3fe231af722bbd1f");
}

TEST_CASE("nothing but what the other end has sealed is opened")
{
    Ends ends;
    const std::string datagram = ends.caller.seal("claim");
    SECTION("not with a changed byte")
    {
        for (std::size_t i = 0; i < datagram.size(); ++i) {
            std::string changed = datagram;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            CHECK(!ends.called.open(changed));
        }
        CHECK(ends.called.open(datagram) == "claim");  // those have not used its number up
    }
    SECTION("not cut, and not longer")
    {
        for (std::size_t size = 0; size < datagram.size(); ++size)
            CHECK(!ends.called.open(datagram.substr(0, size)));
        CHECK(!ends.called.open(datagram + '\0'));
    }
    SECTION("not under another key, of another session, or by the end that has sealed it")
    {
        CHECK(!DatagramSeal(session, key_of(2), End::called).open(datagram));
        CHECK(!DatagramSeal(session + 1, key_of(1), End::called).open(datagram));
        CHECK(!ends.caller.open(datagram));
        CHECK(!DatagramSeal(session, key_of(1), End::caller).open(datagram));
    }
}

TEST_CASE("each is opened once, in any order within 64")
{
    Ends ends;
    std::vector<std::string> sealed;
    for (int i = 0; i < 100; ++i)
        sealed.push_back(ends.caller.seal(std::to_string(i)));
    CHECK(ends.called.open(sealed[0]) == "0");
    CHECK(!ends.called.open(sealed[0]));
    CHECK(ends.called.open(sealed[99]) == "99");
    CHECK(ends.called.open(sealed[36]) == "36");   // 63 behind
    CHECK(!ends.called.open(sealed[35]));
    CHECK(!ends.called.open(sealed[36]));
    CHECK(ends.called.open(sealed[98]) == "98");
    CHECK(!ends.called.open(sealed[98]));
    CHECK(!ends.called.open(sealed[99]));
}

TEST_CASE("a window of numbers")
{
    ReplayWindow window;
    CHECK(!window.is_new(0));
    window.note(1);
    CHECK(!window.is_new(1));
    window.note(1'000'000);  // all that came before is too old, or has not come
    CHECK(!window.is_new(1));
    CHECK(window.is_new(1'000'000 - 63));
    CHECK(!window.is_new(1'000'000 - 64));
    window.note(1'000'000 + 63);
    CHECK(!window.is_new(1'000'000));
    CHECK(window.is_new(1'000'001));
}
