// udp-flow: sends the guest numbered UDP datagrams at a rate, counts the answers, and prints one JSON object when it is
// done: after --seconds or at SIGTERM or SIGINT, and in both cases after waiting for the last answers.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "flow_sender.hpp"

namespace {

using namespace ferry::demo;

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t second = 1000 * millisecond;
// Answers are noticed at least this often, however slowly requests are sent.
constexpr std::int64_t longest_turn = 10 * millisecond;

volatile std::sig_atomic_t stop_asked = 0;

void ask_stop(int)
{
    stop_asked = 1;
}

void sleep_until(std::int64_t when)
{
    const timespec deadline{when / second, when % second};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr);
}

void catch_signals()
{
    struct sigaction action{};
    action.sa_handler = ask_stop;
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
}

// Sends until `stop_at`, then waits for answers until none has come for `grace`, and no longer than five times that.
void run(FlowSender& flow, std::int64_t stop_at, std::int64_t grace)
{
    for (std::int64_t now = monotonic_now(); stop_asked == 0 && now < stop_at; now = monotonic_now()) {
        flow.send_due(now);
        flow.receive();
        sleep_until(std::min({flow.next_turn(now), now + longest_turn, stop_at}));
    }
    const std::int64_t stopped_at = monotonic_now();
    std::int64_t last_change = stopped_at;
    std::uint64_t before = flow.answers().received();
    const std::int64_t give_up_at = stopped_at + 5 * grace;
    for (std::int64_t now = stopped_at; now < std::min(last_change + grace, give_up_at); now = monotonic_now()) {
        flow.receive();
        if (flow.answers().received() != before) {
            before = flow.answers().received();
            last_change = now;
        }
        sleep_until(now + millisecond);
    }
}

nlohmann::ordered_json report(const FlowSettings& settings, const FlowSender& flow)
{
    return {{"flow", settings.flow},
            {"run", settings.run},
            {"rate", settings.rate},
            {"sent", flow.counts().sent},
            {"send_failures", flow.counts().send_failures},
            {"received", flow.answers().received()},
            {"duplicated", flow.answers().duplicated()},
            {"reordered", flow.answers().reordered()},
            {"too_old", flow.answers().too_old()},
            {"strays", flow.counts().strays},
            {"socket_drops", flow.socket().drops()}};
}

struct Arguments {
    FlowSettings flow;
    std::string guest = "10.100.0.10";
    std::string arrivals;
    double seconds = 0;
    int grace_ms = 1000;
};

void declare(CLI::App& app, Arguments& arguments)
{
    const auto add = [&app](const char* name, auto& value, const char* help) {
        return app.add_option(name, value, help)->capture_default_str();
    };
    add("--to", arguments.guest, "the guest's address")->check(CLI::ValidIPV4);
    add("--flow", arguments.flow.flow, "number of the flow; picks the guest's port")->check(CLI::Range(1, +flow_limit));
    add("--run", arguments.flow.run, "number of the run; a higher one makes the guest count afresh")
        ->check(CLI::Range(1, 65535));
    add("--rate", arguments.flow.rate, "datagrams a second")->check(CLI::Range(0.1, 60000.0));
    add("--payload", arguments.flow.payload_bytes, "bytes of UDP payload")
        ->check(CLI::Range(sizeof(Datagram), payload_limit));
    add("--seconds", arguments.seconds, "how long to send; 0: until SIGTERM, an hour at most")
        ->check(CLI::Range(0.0, 3600.0));
    add("--grace", arguments.grace_ms, "milliseconds without an answer after which none is expected any more")
        ->check(CLI::Range(1, 60000));
    app.add_option("--arrivals", arguments.arrivals, "file for a line an answer: sequence,answer,sent_ns,arrived_ns");
}

}  // namespace

int main(int argc, char** argv)
{
    Arguments arguments;
    CLI::App app{"Sends the guest of move-a-vm numbered UDP datagrams and counts its answers."};
    declare(app, arguments);
    CLI11_PARSE(app, argc, argv);
    ::inet_pton(AF_INET, arguments.guest.c_str(), &arguments.flow.guest);

    std::ofstream arrivals;
    FlowSender::OnAnswer on_answer;
    if (!arguments.arrivals.empty()) {
        arrivals.open(arguments.arrivals);
        on_answer = [&arrivals](const Datagram& answer, std::int64_t arrived_at) {
            arrivals << answer.sequence.host() << ',' << answer.answer.host() << ',' << answer.sent_at.host() << ','
                     << arrived_at << '\n';
        };
        if (!arrivals) {
            std::cerr << "udp-flow: cannot write " << arguments.arrivals << ": " << std::strerror(errno) << '\n';
            return 1;
        }
    }
    catch_signals();
    FlowSender flow(arguments.flow, on_answer);
    if (!flow.socket().is_open()) {
        std::cerr << "udp-flow: cannot open a socket: " << std::strerror(errno) << '\n';
        return 1;
    }
    const double seconds = arguments.seconds > 0 ? arguments.seconds : 3600;
    const std::int64_t stop_at = monotonic_now() + static_cast<std::int64_t>(seconds * static_cast<double>(second));
    run(flow, stop_at, arguments.grace_ms * millisecond);
    std::cout << report(arguments.flow, flow).dump() << '\n';
    return 0;
}
