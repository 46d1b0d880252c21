// DPDK's vhost library as the back end of a socket that the front end under test serves, and frames with numbers.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rte_mbuf.h>

#include <ferry/error.hpp>

#include "device.hpp"
#include "front_end.hpp"

namespace ferry::front_end::test {

/// What the tests give and take: a number, and as many bytes as the test likes, which follow from it.
struct Frame {
    std::uint64_t number;
    std::size_t length = 60;

    std::vector<std::byte> bytes() const;
    /// The frame that `bytes` are; nothing when they are not as bytes() makes them.
    static std::optional<Frame> read(std::span<const std::byte> bytes);
};

/// A port that connects to `path`. Its enqueue and dequeue are called by the test's thread; DPDK's own thread answers the
/// front end's messages.
class BackEnd {
public:
    explicit BackEnd(std::string path);
    ~BackEnd();
    BackEnd(const BackEnd&) = delete;
    BackEnd& operator=(const BackEnd&) = delete;

    /// Gives the VM frames numbered from `first`; returns how many its ring took.
    std::size_t enqueue(std::uint64_t first, std::size_t count, std::size_t length = 60);
    /// Gives the VM one frame as it is; false when its ring has no room.
    bool enqueue_bytes(std::span<const std::byte> bytes);
    /// Takes up to `most` frames that the VM has sent and appends their numbers.
    std::size_t dequeue(std::vector<std::uint64_t>& numbers, std::size_t most);
    /// Takes one frame as it is; empty when there is none.
    std::vector<std::byte> dequeue_bytes();

    void ask_for_kicks(bool wanted);
    bool running() const { return device_.load() >= 0; }
    int starts() const { return starts_.load(); }
    int stops() const { return stops_.load(); }
    /// The features of the last change while the rings ran.
    std::uint64_t changed_features() const { return features_.load(); }

    // DPDK's callbacks.
    void started(int device);
    void stopped();
    void features_changed(std::uint64_t features) { features_.store(features); }

private:
    std::string path_;
    std::atomic<int> device_{-1};
    std::atomic<int> starts_{0}, stops_{0};
    std::atomic<std::uint64_t> features_{0};
};

/// Two hosts with a back end each, and a VM that can be at either.
struct TwoHosts {
    explicit TwoHosts(const DeviceOptions& options = {});
    ~TwoHosts();

    /// Takes up to `most` frames off the VM's receive ring.
    std::vector<std::uint64_t> received(unsigned most = 1U << 16);
    /// The VM sends frames numbered from `first`; returns how many its ring took.
    std::size_t send(std::uint64_t first, std::size_t count, std::size_t length = 60);

    std::filesystem::path folder;
    Device device;
    FrontEnd s, d;
    BackEnd on_s, on_d;
};

}  // namespace ferry::front_end::test
