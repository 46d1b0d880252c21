#include "rpc/host_datagrams.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace ferryd {

namespace {

constexpr int receive_buffer = 1 << 20;

}  // namespace

HostDatagrams::Session::~Session()
{
    const std::lock_guard lock(of_.mutex_);
    if (const auto found = of_.sessions_.find(id_); found != of_.sessions_.end() && found->second == this)
        of_.sessions_.erase(found);
}

bool HostDatagrams::Session::send(const ferry::v1::HostFrame& frame)
{
    std::string text;
    if (frame.ByteSizeLong() > most_bytes || !frame.SerializeToString(&text))
        return false;
    const std::lock_guard lock(sending_);
    const std::string datagram = seal_.seal(text);
    return !datagram.empty() &&
           sendto(of_.socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, peer_.get(), peer_.size) ==
               static_cast<ssize_t>(datagram.size());
}

Expected<std::unique_ptr<HostDatagrams>> HostDatagrams::open(const std::string& listen)
{
    const auto failed = [&](const std::string& why) {
        return ferry::fail(ferry::ErrorCode::unavailable,
                           fmt::format("no datagrams at {}: {}; messages to other hosts go by streams alone", listen, why));
    };
    const auto address = numeric_address(listen);
    if (!address)
        return failed("it is not an address and a port");
    Descriptor socket(::socket(address->family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    Descriptor stop(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!socket || !stop)
        return failed(std::strerror(errno));
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    if (bind(socket.get(), address->get(), address->size) != 0)
        return failed(std::strerror(errno));
    return std::unique_ptr<HostDatagrams>(new HostDatagrams(std::move(socket), std::move(stop)));
}

HostDatagrams::HostDatagrams(Descriptor socket, Descriptor stop)
    : socket_(std::move(socket)), stop_(std::move(stop)), thread_([this] { run(); })
{}

std::unique_ptr<HostDatagrams::Session> HostDatagrams::join(std::uint64_t id, const DatagramSeal::Key& key,
                                                            DatagramSeal::End end, const std::string& peer,
                                                            Session::Take take)
{
    const auto address = numeric_address(peer);
    if (id == 0 || !address)
        return nullptr;
    auto session = std::unique_ptr<Session>(new Session(*this, id, key, end, *address, std::move(take)));
    {
        const std::lock_guard lock(mutex_);
        if (sessions_.emplace(id, session.get()).second)
            return session;
    }
    return nullptr;
}

void HostDatagrams::stop()
{
    if (!thread_.joinable())
        return;
    eventfd_write(stop_.get(), 1);
    thread_.join();
}

void HostDatagrams::run()
{
    pthread_setname_np(pthread_self(), "datagrams");
    std::array<char, 2'048> datagram;
    std::array<pollfd, 2> wait{pollfd{socket_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    while (wait[1].revents == 0) {
        if (poll(wait.data(), wait.size(), -1) < 0)
            continue;
        const ssize_t size = recv(socket_.get(), datagram.data(), datagram.size(), 0);
        if (size >= 0)  // a longer one is cut, and then not authentic; other hosts' errors come here too (ICMP)
            take({datagram.data(), static_cast<std::size_t>(size)});
    }
}

void HostDatagrams::take(std::string_view datagram)
{
    const auto id = DatagramSeal::session_of(datagram);
    const std::lock_guard lock(mutex_);
    const auto session = id ? sessions_.find(*id) : sessions_.end();
    std::optional<std::string> text;
    if (session != sessions_.end())
        text = session->second->seal_.open(datagram);
    ferry::v1::HostFrame frame;
    if (!text || !frame.ParseFromString(*text)) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    session->second->take_(*session->second, frame);
}

}  // namespace ferryd
