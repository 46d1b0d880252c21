// Ferry hosts in one process, each with a transport on loopback; what they hear is kept.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "rpc/host_transport.hpp"
#include "test_folder.hpp"

namespace ferryd {

/// Stands for the controller.
class HeardMessages final : public HostMessages {
public:
    struct Heard {
        ferry::Ipv4Address vtep;
        std::string host;
        ferry::move::Message message;
        bool allowed;
        Way way;
    };
    std::vector<Heard> all()
    {
        const std::lock_guard lock(mutex_);
        return heard_;
    }
    std::size_t size()
    {
        const std::lock_guard lock(mutex_);
        return heard_.size();
    }
    std::atomic<int> reached_times = 0, unreachable_times = 0;
    std::atomic<std::uint32_t> last_unreachable = 0;

    void received(ferry::Ipv4Address vtep, const std::string& host, const ferry::move::Message& message,
                  bool allowed, Way way) override
    {
        const std::lock_guard lock(mutex_);
        heard_.push_back({vtep, host, message, allowed, way});
    }
    void unreachable(ferry::Ipv4Address vtep) override
    {
        last_unreachable = vtep.host();
        ++unreachable_times;
    }
    void reached(ferry::Ipv4Address, const std::string&) override { ++reached_times; }

private:
    std::mutex mutex_;
    std::vector<Heard> heard_;
};

class Reports {
public:
    HostTransport::Report take()
    {
        return [this](const std::string& sentence) {
            const std::lock_guard lock(mutex_);
            reports_.push_back(sentence);
        };
    }
    int count(const std::string& part)
    {
        const std::lock_guard lock(mutex_);
        int found = 0;
        for (const std::string& report : reports_)
            found += report.find(part) != std::string::npos;
        return found;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> reports_;
};

/// A host as its configuration has it; change it before start().
struct TestHost {
    HostConfig self;
    PeersConfig peers;
    HeardMessages heard;
    Reports reports;
    std::unique_ptr<HostTransport> transport;

    TestHost(const std::string& name, const std::string& vtep, const std::string& address = free_address())
    {
        self.name = name;
        self.vtep = *ferry::Ipv4Address::parse(vtep);
        peers.listen = address;
        peers.insecure = true;
    }
    void knows(const TestHost& other)
    {
        peers.hosts.push_back({other.peers.listen, other.self.vtep, std::nullopt, VniSet::all()});
    }
    void knows_by_name(const TestHost& other)
    {
        knows(other);
        peers.hosts.back().name = other.self.name;
    }
    void start()
    {
        transport = HostTransport::make(self, peers, reports.take()).value();
        if (const auto started = transport->start(heard); !started)
            throw std::runtime_error(started.error().sentence);
    }
    PeerStatus peer(std::size_t index = 0) { return transport->peers().at(index); }
};

/// Two hosts that know each other.
struct HostPair {
    TestHost s{"S", "172.16.0.1"}, d{"D", "172.16.0.2"};
    HostPair()
    {
        s.knows(d);
        d.knows(s);
    }
    void start()
    {
        s.start();
        d.start();
        if (!wait_until([&] { return s.peer().connected && d.peer().connected; }))
            throw std::runtime_error("the hosts do not reach each other");
    }
};

inline ferry::move::Message message_about(std::uint64_t mac, ferry::move::Body body = ferry::move::Wait{},
                                          std::uint32_t vni = 100)
{
    return {{*ferry::Vni::make(vni), ferry::MacAddress::from_u48(mac)}, body};
}

}  // namespace ferryd
