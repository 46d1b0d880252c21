// The front end's messages as a back end without mercy reads them: DPDK's library mends indices that do not fit the ring.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <functional>
#include <thread>

#include <catch2/catch.hpp>

#include "back_end.hpp"

using namespace ferry::front_end;
using namespace ferry::front_end::test;

namespace {

struct Message {
    Request request;
    bool asks_for_reply;
    std::vector<std::uint64_t> words;  ///< of the payload, in eights; the last is filled with zeros
    std::size_t fds;
};

/// Connects to a front end's socket, notes what it is sent and answers what has an answer: requests for features with
/// everything, GET_VRING_BASE with 40 and the ring's number added, requests for a confirmation with `refuse`.
class Scribe {
public:
    explicit Scribe(const std::filesystem::path& path, std::uint64_t refuse = 0)
        : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)), refuse_(refuse)
    {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path.string().copy(name.sun_path, sizeof(name.sun_path) - 1);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0)
            throw std::runtime_error("no front end");
        thread_ = std::thread([this] {
            while (take())
                ;
        });
    }
    /// Ends when the front end has closed the connection.
    std::vector<Message> messages()
    {
        thread_.join();
        return std::move(messages_);
    }

private:
    bool take()
    {
        MessageHeader header{};
        iovec part{&header, sizeof(header)};
        alignas(cmsghdr) char control[256];
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        if (::recvmsg(socket_.get(), &message, MSG_WAITALL) != sizeof(header))
            return false;
        std::vector<std::uint64_t> words((header.size + 7) / 8);
        if (header.size > 0 && ::recv(socket_.get(), words.data(), header.size, MSG_WAITALL) != static_cast<ssize_t>(header.size))
            return false;
        std::size_t fds = 0;
        if (const cmsghdr* rights = CMSG_FIRSTHDR(&message)) {
            fds = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < fds; ++i)
                Descriptor(reinterpret_cast<const int*>(CMSG_DATA(rights))[i]);
        }
        messages_.push_back({header.request, (header.flags & MessageHeader::need_reply) != 0, words, fds});
        answer(header, words);
        return true;
    }

    void answer(const MessageHeader& header, const std::vector<std::uint64_t>& words)
    {
        switch (header.request) {
        case Request::get_features:
        case Request::get_protocol_features: return reply(header.request, ~std::uint64_t{0});
        case Request::get_vring_base: return reply(header.request, words[0] | (40 + words[0]) << 32);
        case Request::set_log_base: return send(header.request, nullptr, 0);
        default:
            if (header.flags & MessageHeader::need_reply)
                reply(header.request, refuse_);
        }
    }
    void reply(Request request, std::uint64_t word) { send(request, &word, sizeof(word)); }
    void send(Request request, const void* payload, std::uint32_t size)
    {
        const MessageHeader header{request, MessageHeader::version | MessageHeader::is_reply, size};
        ::send(socket_.get(), &header, sizeof(header), MSG_NOSIGNAL);
        ::send(socket_.get(), payload, size, MSG_NOSIGNAL);
    }

    Descriptor socket_;
    std::uint64_t refuse_;
    std::vector<Message> messages_;
    std::thread thread_;
};

struct Folder {
    Folder()
    {
        char name[] = "/tmp/ferry-front-end-XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

std::vector<Request> requests(const std::vector<Message>& messages)
{
    std::vector<Request> found;
    for (const Message& message : messages)
        found.push_back(message.request);
    return found;
}

/// The messages of one kind.
std::vector<Message> of(Request request, const std::vector<Message>& messages)
{
    std::vector<Message> found;
    std::ranges::copy_if(messages, std::back_inserter(found), [&](const Message& message) { return message.request == request; });
    return found;
}

/// Runs `act` on a front end to which a scribe is connected, and returns what the scribe has read.
std::vector<Message> read_while(const std::function<void(FrontEnd&)>& act, std::uint64_t refuse = 0)
{
    const Folder folder;
    FrontEnd front_end = *FrontEnd::listen("host", folder.path / "sock");
    Scribe scribe(folder.path / "sock", refuse);
    REQUIRE(front_end.connect());
    act(front_end);
    front_end.disconnect();
    return scribe.messages();
}

}  // namespace

TEST_CASE("rings start with the memory, then for each ring its size, index, place and descriptors, and are enabled last")
{
    Device device = *Device::make({.ring_size = 512});
    device.bases = {1234, 65535};
    const auto messages = read_while([&](FrontEnd& front_end) { REQUIRE(front_end.start(device)); });
    using enum Request;
    CHECK(requests(messages) ==
          std::vector{get_features, get_protocol_features, set_protocol_features, set_owner, set_features, set_mem_table,
                      set_vring_num, set_vring_base, set_vring_addr, set_vring_kick, set_vring_call,
                      set_vring_num, set_vring_base, set_vring_addr, set_vring_kick, set_vring_call,
                      set_vring_enable, set_vring_enable, get_features});
    CHECK(of(set_vring_num, messages)[1].words[0] == (std::uint64_t{512} << 32 | 1));
    CHECK(of(set_vring_base, messages)[0].words[0] == std::uint64_t{1234} << 32);
    CHECK(of(set_vring_base, messages)[1].words[0] == (std::uint64_t{65535} << 32 | 1));
    const auto table = of(set_mem_table, messages)[0];
    CHECK(table.words == std::vector<std::uint64_t>{1, GuestMemory::first_address, device.memory.size(),
                                                    reinterpret_cast<std::uintptr_t>(device.memory.begin()), 0});
    CHECK(table.fds == 1);
    for (const auto request : {set_vring_kick, set_vring_call})
        for (const Message& message : of(request, messages))
            CHECK(message.fds == 1);
    CHECK((of(set_features, messages)[0].words[0] & feature::log_all) == 0);
}

TEST_CASE("a stop notes the indices that the back end names, and the next start tells them")
{
    Device device = *Device::make({});
    const auto messages = read_while([&](FrontEnd& front_end) {
        REQUIRE(front_end.start(device));
        REQUIRE(front_end.stop(device));
        CHECK(device.bases == std::array<std::uint16_t, 2>{40, 41});
        REQUIRE(front_end.start(device));
    });
    CHECK(of(Request::set_vring_base, messages)[2].words[0] == std::uint64_t{40} << 32);
    CHECK(of(Request::set_vring_base, messages)[3].words[0] == (std::uint64_t{41} << 32 | 1));
}

TEST_CASE("logging hands the log over first, then the feature, then where each used ring is logged")
{
    const Device device = *Device::make({});
    const auto messages = read_while([&](FrontEnd& front_end) { REQUIRE(front_end.log(device, true)); });
    using enum Request;
    const std::vector<Message> logging(messages.begin() + 4, messages.end());
    CHECK(requests(logging) == std::vector{set_log_base, set_features, set_vring_addr, set_vring_addr});
    CHECK(logging[0].fds == 1);
    CHECK(logging[0].words[0] * 8 * GuestMemory::page >= GuestMemory::first_address + device.memory.size());
    CHECK((logging[1].words[0] & feature::log_all) != 0);
    for (std::size_t ring : {0U, 1U}) {
        CHECK(logging[2 + ring].words[0] == (std::uint64_t{RingAddresses::log} << 32 | ring));
        CHECK(logging[2 + ring].words[4] == device.ring(ring).addresses(0, device.memory, true).used_guest_address);
    }
}

TEST_CASE("a back end that refuses is an error")
{
    const Device device = *Device::make({});
    read_while(
        [&](FrontEnd& front_end) {
            const auto started = front_end.start(device);
            REQUIRE_FALSE(started);
            CHECK(started.error().code == ferry::ErrorCode::unavailable);
        },
        1);
}
