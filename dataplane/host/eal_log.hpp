// DPDK's messages in the daemon's own log.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include <ferry/error.hpp>

namespace ferryd {

/// Sends what EAL, drivers and the vhost library say to the daemon's log, for as long as it lives. DPDK's errors and
/// warnings keep their level, its notices and informations become the log's debug messages. One at a time.
class EalLog {
public:
    static ferry::Expected<std::unique_ptr<EalLog>> open();
    ~EalLog();
    EalLog(const EalLog&) = delete;
    EalLog& operator=(const EalLog&) = delete;

private:
    explicit EalLog(std::FILE* stream) : stream_(stream) {}
    std::FILE* stream_;
};

/// Collects the errors and warnings that DPDK logs on the calling thread while it lives, so that a failing call can say
/// why it fails. They go to the log as debug messages then. Not nested.
class EalComplaints {
public:
    EalComplaints();
    ~EalComplaints();
    EalComplaints(const EalComplaints&) = delete;
    EalComplaints& operator=(const EalComplaints&) = delete;

    /// What was collected, as " (DPDK: first line; second line)"; empty where nothing was.
    std::string text() const;
};

}  // namespace ferryd
