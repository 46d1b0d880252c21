// The socket between a front end and its back end: whole messages with file descriptors, and their replies.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <type_traits>

#include <ferry/error.hpp>

#include "host/descriptor.hpp"
#include "vhost_message.hpp"

namespace ferry::front_end {

using ferryd::Descriptor;

/// How long a back end may take for an answer, or to connect.
inline constexpr std::chrono::milliseconds patience{10'000};

/// The listening end of a vhost-user socket, as QEMU's "server=on" is. Its file goes with it.
class Listener {
public:
    /// Makes the socket, in place of any file that is there.
    static Expected<Listener> open(const std::filesystem::path& path);
    Listener(Listener&&) noexcept = default;
    Listener& operator=(Listener&&) = delete;
    ~Listener();

    /// Waits for a back end; fails with `unavailable` when none comes within `patience`.
    Expected<Descriptor> accept() const;

private:
    Listener(std::filesystem::path path, Descriptor socket) : path_(std::move(path)), socket_(std::move(socket)) {}

    std::filesystem::path path_;
    Descriptor socket_;
};

/// One connection. For one thread. Every call fails with `unavailable` when the back end has closed the connection, which
/// is how it refuses a message, or does not answer within `patience`.
class Channel {
public:
    explicit Channel(Descriptor socket) : socket_(std::move(socket)) {}

    bool is_open() const noexcept { return static_cast<bool>(socket_); }

    /// Sends a message that has no reply. The back end takes messages in their order.
    template <typename Payload>
    Expected<void> send(Request request, const Payload& payload, int fd = -1) const
    {
        static_assert(std::is_trivially_copyable_v<Payload>);
        return write(request, 0, std::as_bytes(std::span(&payload, 1)), fd);
    }
    Expected<void> send(Request request) const { return write(request, 0, {}, -1); }

    /// Sends a message and returns the reply's payload.
    template <typename Answer, typename Payload>
    Expected<Answer> ask(Request request, const Payload& payload, int fd = -1) const
    {
        return send(request, payload, fd).and_then([&] { return read_as<Answer>(request); });
    }
    Expected<std::uint64_t> ask(Request request) const
    {
        return send(request).and_then([&] { return read_as<std::uint64_t>(request); });
    }

    /// Sends a message whose reply has nothing in it.
    template <typename Payload>
    Expected<void> ask_empty(Request request, const Payload& payload, int fd) const
    {
        return send(request, payload, fd).and_then([&] { return read(request, {}); });
    }

    /// Sends a message that the back end confirms (REPLY_ACK); fails with `unavailable` when it refuses.
    template <typename Payload>
    Expected<void> confirm(Request request, const Payload& payload, int fd = -1) const
    {
        return write(request, MessageHeader::need_reply, std::as_bytes(std::span(&payload, 1)), fd)
            .and_then([&] { return read_as<std::uint64_t>(request); })
            .and_then([&](std::uint64_t result) { return check_confirmed(request, result); });
    }

private:
    template <typename Answer>
    Expected<Answer> read_as(Request request) const
    {
        static_assert(std::is_trivially_copyable_v<Answer>);
        Answer answer{};
        return read(request, std::as_writable_bytes(std::span(&answer, 1))).map([&] { return answer; });
    }
    Expected<void> write(Request request, std::uint32_t flags, std::span<const std::byte> payload, int fd) const;
    /// Reads a reply whose payload is as large as `payload`.
    Expected<void> read(Request request, std::span<std::byte> payload) const;
    Expected<void> read_bytes(Request request, std::span<std::byte> bytes) const;
    static Expected<void> check_confirmed(Request request, std::uint64_t result);

    Descriptor socket_;
};

}  // namespace ferry::front_end
