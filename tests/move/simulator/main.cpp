// ferry-move-sim: runs of the move under virtual time. A seed that fails is printed with what broke, and is the same run
// whenever it is given again.
#include <chrono>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "world.hpp"

using namespace ferry::sim;

namespace {

struct Sum {
    std::uint64_t runs = 0, failed = 0, frames = 0, delivered = 0, moves = 0, messages = 0, timed_out = 0;
    std::size_t remembered = 0;
    Time longest_claim = 0;

    void add(const Result& result)
    {
        ++runs;
        failed += !result.failures.empty();
        frames += result.frames;
        delivered += result.delivered;
        moves += result.moves;
        messages += result.messages;
        timed_out += result.timed_out;
        remembered += result.remembered;
        longest_claim = std::max(longest_claim, result.longest_claim);
    }
};

}  // namespace

int main(int argc, char** argv)
{
    Options options;
    std::string seeds, faults, broken;
    bool until_failure = false;
    CLI::App app{"Moves endpoints between simulated hosts and checks that no frame is lost, doubled or out of order"};
    app.add_option("--seed", options.seed, "one run");
    app.add_option("--seeds", seeds, "A-B: many runs");
    app.add_option("--hosts", options.hosts, "ferry hosts");
    app.add_option("--plain", options.plain, "plain VTEPs");
    app.add_option("--endpoints", options.endpoints);
    app.add_option("--senders", options.senders, "of each endpoint");
    app.add_option("--moves", options.moves, "of each endpoint that moves");
    app.add_option("--moving", options.moving, "endpoints that move");
    app.add_option("--faults", faults, "none, messages or all; otherwise as the seed says")
        ->check(CLI::IsMember({"none", "messages", "all"}));
    app.add_flag("--straight", options.straight, "nothing but ordinary moves");
    const std::vector<std::pair<std::string, Broken>> mechanisms{
        {"nothing", Broken::nothing},           {"turn-before-drained", Broken::turn_before_drained},
        {"no-barrier", Broken::no_barrier},     {"short-arm", Broken::short_arm},
        {"short-plain", Broken::short_plain},   {"open-on-timer", Broken::open_on_timer},
        {"stop-marking", Broken::stop_marking}, {"no-returning", Broken::no_returning},
        {"trust-old-labels", Broken::trust_old_labels},
        {"no-repeat", Broken::no_repeat},       {"forget-term", Broken::forget_term}};
    app.add_option("--break", options.broken, "take a mechanism out")
        ->transform(CLI::CheckedTransformer(mechanisms));
    app.add_flag("--until-failure", until_failure, "end with the first seed that fails");
    app.add_flag("--trace", options.trace, "print what happens");
    CLI11_PARSE(app, argc, argv);
    if (!faults.empty()) {
        options.any_faults = false;
        options.faults = faults == "none" ? Faults::none : faults == "messages" ? Faults::messages : Faults::all;
    }

    std::uint64_t first = options.seed, last = options.seed;
    if (!seeds.empty()) {
        char* rest = nullptr;
        first = last = std::strtoull(seeds.c_str(), &rest, 10);
        if (*rest == '-')
            last = std::strtoull(rest + 1, &rest, 10);
        if (*rest != '\0' || last < first) {
            fmt::print(stderr, "ferry-move-sim: --seeds takes two numbers, the lower one first: 1-500\n");
            return 2;
        }
    }

    const auto started = std::chrono::steady_clock::now();
    Sum sum;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        options.seed = seed;
        World world(options);
        const Result result = world.run();
        sum.add(result);
        if (!result.failures.empty()) {
            fmt::print("seed {}:", seed);
            for (const std::string& failure : result.failures)
                fmt::print(" {};", failure);
            fmt::print("\n");
            if (until_failure)
                break;
        }
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    fmt::print("{} runs, {} failed: {} frames, {} delivered, {} moves, {:.1f} messages a move, {} endpoints remembered, "
               "{} barriers timed out, longest claim {:.1f} ms, {:.1f} s\n",
               sum.runs, sum.failed, sum.frames, sum.delivered, sum.moves,
               sum.moves == 0 ? 0.0 : static_cast<double>(sum.messages) / static_cast<double>(sum.moves), sum.remembered,
               sum.timed_out, static_cast<double>(sum.longest_claim) / 1e6, taken.count());
    return sum.failed == 0 ? 0 : 1;
}
