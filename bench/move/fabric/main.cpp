// ferry-fabric: an underlay between ferryds on one machine without the kernel: shared memory to each of them (DPDK's memif),
// and a switch in between. It loses nothing: where a host's ring is full, everybody waits, and what must be dropped then is
// dropped by a ferryd, which counts it. Its worker comes before other threads on its CPU where the system allows that, as a
// switch would not wait for them. Runs until its standard input ends, and prints "ready" and what it has forwarded.
#include <atomic>
#include <ctime>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

namespace {

constexpr std::uint16_t burst = 64;
constexpr std::uint16_t descriptors = 4096;
constexpr std::size_t round_limit = 8192;  // frames of one port at a time

void rest(long nanoseconds)
{
    const timespec time{0, nanoseconds};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

struct Port {
    std::uint16_t number = 0;
    rte_ether_addr mac{};
    std::uint64_t forwarded = 0, unknown = 0;
    std::vector<rte_mbuf*> frames{};  ///< taken and not yet forwarded
};

/// Starts EAL with a memif for each host on one socket, where host i's id is i.
bool start_eal(const std::string& prefix, const std::string& socket, std::size_t hosts, unsigned long floating_cpus)
{
    std::vector<std::string> words = {"ferry-fabric", "--no-huge", "-m", "256", "--no-shconf", "--no-pci", "--no-telemetry",
                                      "--log-level=error", "--file-prefix=" + prefix,
                                      fmt::format("--lcores=0@(0-{})", floating_cpus - 1)};
    for (std::size_t host = 0; host < hosts; ++host)
        words.push_back(fmt::format("--vdev=net_memif{},role=server,id={},socket={},socket-abstract=no", host, host, socket));
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    return rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0;
}

bool start_port(Port& port, rte_mempool* pool)
{
    const rte_eth_conf conf{};
    return rte_eth_dev_configure(port.number, 1, 1, &conf) == 0 &&
           rte_eth_rx_queue_setup(port.number, 0, descriptors, 0, nullptr, pool) == 0 &&
           rte_eth_tx_queue_setup(port.number, 0, descriptors, 0, nullptr) == 0 && rte_eth_dev_start(port.number) == 0;
}

class Switch {
public:
    explicit Switch(std::vector<Port> ports) : ports_(std::move(ports)) {}

    /// Takes what has come to all ports, then forwards it; returns how many frames there were. What comes to one port is
    /// not overtaken by what comes to another a round later, however long the queue at the first was.
    std::size_t turn(const std::atomic<bool>& stop)
    {
        std::size_t total = 0;
        for (Port& port : ports_)
            total += take(port);
        for (Port& port : ports_) {
            for (std::size_t done = 0; done < port.frames.size();) {
                Port* const to = owner_of(port.frames[done]);
                std::size_t end = done + 1;
                while (end < port.frames.size() && end - done < burst && owner_of(port.frames[end]) == to)
                    ++end;
                forward(port, to, port.frames.data() + done, static_cast<std::uint16_t>(end - done), stop);
                done = end;
            }
            port.frames.clear();
        }
        return total;
    }

    const std::vector<Port>& ports() const noexcept { return ports_; }

private:
    static std::size_t take(Port& port)
    {
        while (port.frames.size() + burst <= round_limit) {
            const std::size_t before = port.frames.size();
            port.frames.resize(before + burst);
            const std::uint16_t count = rte_eth_rx_burst(port.number, 0, port.frames.data() + before, burst);
            port.frames.resize(before + count);
            if (count == 0)
                break;
        }
        return port.frames.size();
    }

    Port* owner_of(const rte_mbuf* frame) noexcept
    {
        const auto* header = rte_pktmbuf_mtod(frame, const rte_ether_hdr*);
        for (Port& port : ports_)
            if (rte_is_same_ether_addr(&port.mac, &header->dst_addr))
                return &port;
        return nullptr;
    }

    static void forward(Port& from, Port* to, rte_mbuf** frames, std::uint16_t count, const std::atomic<bool>& stop)
    {
        std::uint16_t taken = 0;
        rte_eth_link link{};
        while (to != nullptr && taken < count && !stop.load(std::memory_order_relaxed)) {
            taken = static_cast<std::uint16_t>(taken + rte_eth_tx_burst(to->number, 0, frames + taken, static_cast<std::uint16_t>(count - taken)));
            if (taken == count)
                break;
            if (rte_eth_link_get_nowait(to->number, &link) != 0 || link.link_status != RTE_ETH_LINK_UP)
                break;  // nobody will ever empty that ring
            rest(20'000);
        }
        from.forwarded += taken;
        from.unknown += static_cast<std::uint64_t>(count - taken);
        rte_pktmbuf_free_bulk(frames + taken, static_cast<unsigned>(count - taken));
    }

    std::vector<Port> ports_;
};

void run(Switch& fabric, const std::atomic<bool>& stop)
{
    constexpr unsigned looks = 16;
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    unsigned empty = 0;
    while (!stop.load(std::memory_order_relaxed)) {
        if (fabric.turn(stop) > 0)
            empty = 0;
        else if (++empty > looks)
            rest(60'000);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"An underlay between ferryds on one machine, in shared memory. Ends with its standard input."};
    std::string prefix = "ferry-fabric", socket;
    std::vector<std::string> macs;
    app.add_option("--file-prefix", prefix, "name of DPDK's run-time folder")->capture_default_str();
    app.add_option("--socket", socket, "path of the memif socket; a host's id there is its place among --mac")->required();
    app.add_option("--mac", macs, "MAC of each host's underlay port, in the order of their memif ids")->required();
    CLI11_PARSE(app, argc, argv);

    std::vector<Port> ports(macs.size());
    if (!start_eal(prefix, socket, macs.size(), std::max(1U, std::thread::hardware_concurrency())))
        return 1;
    rte_mempool* const pool = rte_pktmbuf_pool_create("fabric", 32767, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    for (std::size_t i = 0; i < macs.size(); ++i) {
        if (pool == nullptr || rte_ether_unformat_addr(macs[i].c_str(), &ports[i].mac) != 0 ||
            rte_eth_dev_get_port_by_name(fmt::format("net_memif{}", i).c_str(), &ports[i].number) != 0 ||
            !start_port(ports[i], pool)) {
            std::cerr << "ferry-fabric: the port for " << macs[i] << " does not start\n";
            return 1;
        }
    }
    Switch fabric(std::move(ports));
    std::atomic<bool> stop{false};
    std::thread worker([&] {
        rte_thread_register();
        run(fabric, stop);
        rte_thread_unregister();
    });
    const sched_param lowest{1};
    if (pthread_setschedparam(worker.native_handle(), SCHED_RR, &lowest) != 0)
        std::cerr << "ferry-fabric: the system does not allow real-time scheduling\n";
    std::cout << "ready" << std::endl;
    while (std::cin.get() != std::char_traits<char>::eof())
        ;
    stop.store(true);
    worker.join();
    for (const Port& port : fabric.ports()) {
        std::cout << fmt::format("port {}: forwarded {}, for nobody {}", port.number, port.forwarded, port.unknown) << std::endl;
        rte_eth_dev_stop(port.number);
    }
    rte_eal_cleanup();
    return 0;
}
