// ferryd: starts its parts in order, waits for a signal, and stops them in the opposite order.
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "config/parse.hpp"
#include "control/controller.hpp"
#include "host/eal.hpp"
#include "host/service_manager.hpp"
#include "host/socket_path.hpp"
#include "host/term_file.hpp"
#include "rpc/grpc_log.hpp"
#include "rpc/host_transport.hpp"
#include "rpc/local_server.hpp"

namespace ferryd {
namespace {

constexpr int exit_ok = 0, exit_failed = 1, exit_usage = 2;

int fail_with(const std::string& sentence)
{
    fmt::print(stderr, "ferryd: {}\n", sentence);
    return exit_failed;
}

/// The signals that end ferryd, or that it wants to know of. Blocked in every thread, taken by wait_for_end().
sigset_t handled_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&signals, signal);
    return signals;
}

/// Returns at SIGTERM or SIGINT. Where systemd watches, it is told now and then that the control thread answers.
void wait_for_end(Controller& controller)
{
    const sigset_t signals = handled_signals();
    const auto interval = alive_interval();
    while (true) {
        int taken = 0;
        if (interval) {
            const timespec timeout{interval->count() / 1000, interval->count() % 1000 * 1'000'000};
            taken = sigtimedwait(&signals, nullptr, &timeout);
            if (taken < 0) {
                if (controller.move_statuses(UINT64_MAX))
                    notify_alive();
                continue;
            }
        } else if (sigwait(&signals, &taken) != 0) {
            continue;
        }
        if (taken == SIGHUP) {
            spdlog::info("SIGHUP changes nothing: the log goes to standard error, and changes come by ferryctl");
            continue;
        }
        spdlog::info("stopping ({})", taken == SIGTERM ? "SIGTERM" : "SIGINT");
        return;
    }
}

/// Everything from EAL to the last clean-up. Each part is destroyed before what it stands on.
int run(const Config& config)
{
    if (somebody_listens(config.api.socket))
        return fail_with(fmt::format("a ferryd serves {} already; another one needs its own api.socket", config.api.socket.string()));
    const auto eal = Eal::start(config.dpdk);
    if (!eal)
        return fail_with(eal.error().sentence);

    std::unique_ptr<HostTransport> transport;
    std::unique_ptr<TermFile> term;
    if (!config.peers.listen.empty() || !config.peers.hosts.empty()) {
        auto made = HostTransport::make(config.host, config.peers, [](const std::string& sentence) { spdlog::info("{}", sentence); });
        if (!made)
            return fail_with(made.error().sentence);
        transport = std::move(*made);
        auto opened = TermFile::open(config.host.state);
        if (!opened)
            return fail_with(opened.error().sentence);
        term = std::move(*opened);
    }
    const auto controller = Controller::start(config, transport.get(), term.get());
    if (!controller)
        return fail_with(controller.error().sentence);
    // After the controller has gone nobody takes messages.
    struct StopFirst {
        HostTransport* transport;
        ~StopFirst()
        {
            if (transport != nullptr)
                transport->stop();
        }
    } const stop_first{transport.get()};
    if (transport != nullptr) {
        if (auto started = transport->start(**controller); !started)
            return fail_with(started.error().sentence);
    }
    auto local_server = LocalServer::start(config.api, **controller);
    if (!local_server)
        return fail_with(local_server.error().sentence);

    spdlog::info("{} is ready: VTEP {}, API at {}", config.host.name, config.host.vtep.to_string(), config.api.socket.string());
    notify_ready(fmt::format("VTEP {}", config.host.vtep.to_string()));
    wait_for_end(**controller);
    notify_stopping();
    return exit_ok;
}

int main_with(int argc, char** argv)
{
    CLI::App app{"Forwards VMs' Ethernet frames across an IP network in VXLAN, and keeps forwarding them while a VM moves."};
    app.footer("Example:\n  ferryd --config /etc/ferry/ferryd.toml\n\nExit codes: 0 stopped by a signal, 1 could not start, 2 wrong "
               "arguments or configuration.\nChange it while it runs with ferryctl.");
    std::string path = "/etc/ferry/ferryd.toml";
    bool check = false;
    app.add_option("-c,--config", path, "Configuration, see ferryd.toml(5)")->capture_default_str();
    app.add_flag("--check", check, "Check the configuration and stop");
    app.set_version_flag("--version", "ferryd " FERRY_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }

    const auto config = parse_config_file(path);
    if (!config) {
        for (const ConfigError& error : config.error())
            fmt::print(stderr, "{}\n", error.to_string());
        return exit_usage;
    }
    if (check) {
        fmt::print("{}: OK\n", path);
        return exit_ok;
    }

    spdlog::set_default_logger(spdlog::stderr_color_mt("ferryd"));
    spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%f %^%l%$ %v");
    spdlog::set_level(spdlog::level::from_str(config->log_level));
    take_grpc_log([](const std::string& line) { spdlog::warn("{}", line); });
    const sigset_t signals = handled_signals();
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return run(*config);
}

}  // namespace
}  // namespace ferryd

int main(int argc, char** argv)
{
    try {
        return ferryd::main_with(argc, argv);
    } catch (const std::exception& error) {
        return ferryd::fail_with(error.what());
    }
}
