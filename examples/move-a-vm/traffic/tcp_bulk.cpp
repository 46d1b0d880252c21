// tcp-bulk: a paced TCP stream to the guest and one from it, whose bytes are checked at both ends. Prints an empty line when
// both are connected, and one JSON object when it is done: after --seconds or at SIGTERM or SIGINT, and in both cases after
// the streams have come to their end.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <iostream>

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bulk_stream.hpp"
#include "flow_sender.hpp"

namespace {

using namespace ferry::demo;

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t second = 1000 * millisecond;

volatile std::sig_atomic_t stop_asked = 0;

void ask_stop(int)
{
    stop_asked = 1;
}

void sleep_for(std::int64_t nanoseconds)
{
    const timespec time{nanoseconds / second, nanoseconds % second};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

nlohmann::ordered_json report(const BulkStream& stream)
{
    nlohmann::ordered_json stalls = nlohmann::ordered_json::array();
    for (const Stall& stall : stream.stalls().all())
        stalls.push_back({stall.from, stall.to});
    return {{"bytes", stream.bytes()},
            {"mismatched", stream.mismatched()},
            {"retransmitted", stream.retransmitted()},
            {"ended_well", stream.over() && !stream.broken()},
            {"stalls_ns", std::move(stalls)}};
}

}  // namespace

int main(int argc, char** argv)
{
    std::string guest = "10.100.0.10";
    BulkSettings settings;
    double seconds = 0;
    int grace_ms = 10'000;
    CLI::App app{"Sends the guest of move-a-vm a paced TCP stream, takes one from it, and checks the bytes."};
    app.add_option("--to", guest, "the guest's address")->check(CLI::ValidIPV4)->capture_default_str();
    app.add_option("--run", settings.run, "number of the run; a higher one makes the guest count afresh")->check(CLI::Range(1, 65535));
    app.add_option("--rate", settings.rate, "bytes a second, each way")->check(CLI::Range(1, 1'000'000'000))->capture_default_str();
    app.add_option("--seconds", seconds, "how long; 0: until SIGTERM, an hour at most")->check(CLI::Range(0.0, 3600.0));
    app.add_option("--grace", grace_ms, "milliseconds within which the streams' ends must come")->check(CLI::Range(1, 60000));
    CLI11_PARSE(app, argc, argv);
    ::inet_pton(AF_INET, guest.c_str(), &settings.guest);

    struct sigaction action{};
    action.sa_handler = ask_stop;
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);

    BulkStream to(settings);
    settings.way = BulkWay::from_guest;
    BulkStream from(settings);
    if (!to.open() || !from.open()) {
        std::cerr << "tcp-bulk: cannot connect to " << guest << ": " << std::strerror(errno) << '\n';
        return 1;
    }
    std::cout << std::endl;
    const std::int64_t began = monotonic_now();
    const std::int64_t stop_at = began + static_cast<std::int64_t>((seconds > 0 ? seconds : 3600) * static_cast<double>(second));
    for (std::int64_t now = began; stop_asked == 0 && now < stop_at; now = monotonic_now()) {
        to.turn(true);
        from.turn(true);
        sleep_for(millisecond);
    }
    const std::int64_t ran = monotonic_now() - began;
    to.finish();
    from.finish();
    const std::int64_t give_up_at = monotonic_now() + grace_ms * millisecond;
    while (!(to.over() && from.over()) && monotonic_now() < give_up_at) {
        to.turn(false);
        from.turn(false);
        sleep_for(millisecond);
    }
    const nlohmann::ordered_json object{{"run", settings.run},
                                        {"rate", settings.rate},
                                        {"seconds", static_cast<double>(ran) / static_cast<double>(second)},
                                        {"to_vm", report(to)},
                                        {"from_vm", report(from)}};
    std::cout << object.dump() << '\n';
    return 0;
}
