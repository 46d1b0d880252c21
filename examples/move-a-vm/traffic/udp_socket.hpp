// A UDP socket that takes and gives datagrams in batches, and knows what its own queue had to drop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <netinet/in.h>
#include <sys/socket.h>

namespace ferry::demo {

inline constexpr std::size_t batch_limit = 64;

/// A batch of datagrams with room for `Bytes` of payload each, laid out for recvmmsg(2) and sendmmsg(2). The kernel's
/// headers point into the object, so it stays where it is.
template <std::size_t Bytes>
class Batch {
public:
    Batch() noexcept
    {
        for (std::size_t i = 0; i < batch_limit; ++i) {
            vectors_[i] = {payloads_[i].data(), Bytes};
            headers_[i].msg_hdr.msg_iov = &vectors_[i];
            headers_[i].msg_hdr.msg_iovlen = 1;
            headers_[i].msg_hdr.msg_name = &addresses_[i];
        }
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    /// Makes all slots ready to receive into.
    void prepare_receive() noexcept
    {
        for (std::size_t i = 0; i < batch_limit; ++i) {
            vectors_[i].iov_len = Bytes;
            headers_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
        }
    }

    /// Puts slot `i` in place to be sent: `bytes` of payload to the address that the slot holds.
    void prepare_send(std::size_t i, std::size_t bytes) noexcept
    {
        vectors_[i].iov_len = bytes;
        headers_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }

    mmsghdr* headers() noexcept { return headers_.data(); }
    std::size_t received_bytes(std::size_t i) const noexcept { return headers_[i].msg_len; }
    std::span<std::byte, Bytes> payload(std::size_t i) noexcept { return payloads_[i]; }
    sockaddr_in& address(std::size_t i) noexcept { return addresses_[i]; }

private:
    std::array<std::array<std::byte, Bytes>, batch_limit> payloads_{};
    std::array<sockaddr_in, batch_limit> addresses_{};
    std::array<iovec, batch_limit> vectors_{};
    std::array<mmsghdr, batch_limit> headers_{};
};

/// An IPv4 UDP socket, closed when it goes.
class UdpSocket {
public:
    /// Opens a socket on `port` of every local address (0: any free port) with a receive buffer of `receive_bytes`,
    /// beyond the system's limit when the process may. Check is_open(); errno says why it is not.
    UdpSocket(std::uint16_t port, int receive_bytes) noexcept;
    ~UdpSocket();
    UdpSocket(UdpSocket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    bool is_open() const noexcept { return fd_ >= 0; }
    int fd() const noexcept { return fd_; }

    /// Returns how many datagrams the socket has dropped so far because its buffer was full or their checksum wrong.
    std::uint64_t drops() const noexcept;

private:
    int fd_ = -1;
};

}  // namespace ferry::demo
