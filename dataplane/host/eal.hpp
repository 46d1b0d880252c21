// DPDK's environment: started once in a process, and nothing left behind afterwards.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ferry/error.hpp>

#include "config/config.hpp"
#include "host/eal_log.hpp"
#include "host/runtime_folder.hpp"

namespace ferryd {

/// EAL with memory from hugepages that leave no files, or from ordinary pages; its threads may run on every CPU that the
/// process may use. Main thread.
class Eal {
public:
    /// Fails with unavailable (no hugepages, another process has the file prefix, EAL would not start); DPDK cannot be
    /// started again in this process after that. Nothing is left behind then.
    static ferry::Expected<std::unique_ptr<Eal>> start(const DpdkConfig& config);
    /// Ports must be closed and other threads' use of DPDK over. Removes DPDK's run-time folder.
    ~Eal();
    Eal(const Eal&) = delete;
    Eal& operator=(const Eal&) = delete;

private:
    Eal();
    std::unique_ptr<EalLog> log_;
    std::unique_ptr<RuntimeFolder> folder_;
    std::vector<std::string> arguments_;  ///< EAL keeps pointers to them
    bool started_ = false;
};

/// True where `megabytes` of hugepages could be had now.
bool hugepages_free(std::uint32_t megabytes) noexcept;

}  // namespace ferryd
