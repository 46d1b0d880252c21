#include "eal.hpp"

#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

namespace ferry::test {
namespace {

/// The CPUs that this thread may use, so that EAL does not bind it to one that other tests use as well.
std::string allowed_cpus()
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        throw std::runtime_error("the CPUs of this process are not known");
    std::string list;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set))
            list += (list.empty() ? "" : ",") + std::to_string(cpu);
    return list;
}

class Eal {
public:
    Eal()
    {
        std::vector<std::string> words = {
            "test", "--no-huge", "-m", "128", "--no-shconf", "--no-pci", "--no-telemetry", "--log-level=critical"};
        words.push_back("--file-prefix=ferry-test-" + std::to_string(getpid()));
        words.push_back("--lcores=0@(" + allowed_cpus() + ")");
        std::vector<char*> arguments;
        for (std::string& word : words)
            arguments.push_back(word.data());
        if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0)
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

void start_eal() { static Eal eal; }

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
