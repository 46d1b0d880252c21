#include "eal.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

namespace ferry::test {
namespace {

class Eal {
public:
    Eal()
    {
        std::string program = "test", prefix = "--file-prefix=ferry-test-" + std::to_string(getpid());
        std::string no_huge = "--no-huge", memory = "-m", megabytes = "128", no_shconf = "--no-shconf", no_pci = "--no-pci";
        std::string no_telemetry = "--no-telemetry", log = "--log-level=critical", cores = "--lcores=0@0";
        std::array<char*, 10> arguments{program.data(),   prefix.data(), no_huge.data(),      memory.data(), megabytes.data(),
                                        no_shconf.data(), no_pci.data(), no_telemetry.data(), log.data(),    cores.data()};
        if (rte_eal_init(arguments.size(), arguments.data()) < 0)
            throw std::runtime_error(std::string("EAL does not start: ") + rte_strerror(rte_errno));
        directory_ = rte_eal_get_runtime_dir();
    }
    Eal(const Eal&) = delete;
    Eal& operator=(const Eal&) = delete;
    ~Eal()
    {
        rte_eal_cleanup();
        std::error_code ignored;  // EAL leaves its run-time folder; one that is gone already is as good
        std::filesystem::remove_all(directory_, ignored);
    }

private:
    std::string directory_;
};

}  // namespace

void start_eal()
{
    static Eal eal;
}

rte_mempool* make_pool(const char* name, unsigned count)
{
    start_eal();
    constexpr unsigned cache = 0;  // so that the pool's own count is the truth
    rte_mempool* const pool = rte_pktmbuf_pool_create(name, count, cache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (pool == nullptr)
        throw std::runtime_error(std::string("no buffer pool: ") + rte_strerror(rte_errno));
    return pool;
}

}  // namespace ferry::test
