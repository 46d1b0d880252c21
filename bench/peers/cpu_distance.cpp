// How far two CPUs are from each other: two threads hand a word to and fro. Prints nanoseconds for there and back, the median
// of a hundred runs, which others on these CPUs disturb less than the mean.
//
//     ferry-cpu-distance CPU CPU

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>

namespace {

constexpr int runs = 100, trips = 200;

/// On a cache line of its own. Even: the first thread's turn.
alignas(128) std::atomic<int> word{0};

std::optional<int> parse(const char* text)
{
    int number = 0;
    const char* const end = text + std::strlen(text);
    const auto parsed = std::from_chars(text, end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || number < 0 || number >= CPU_SETSIZE)
        return std::nullopt;
    return number;
}

bool run_on(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    return pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0;
}

void wait_for(int turn)
{
    while (word.load(std::memory_order_acquire) != turn) {
    }
}

void answer()
{
    for (int turn = 1; turn < 2 * runs * trips; turn += 2) {
        wait_for(turn);
        word.store(turn + 1, std::memory_order_release);
    }
}

double nanoseconds_of_a_run(int& turn)
{
    const auto begin = std::chrono::steady_clock::now();
    for (int trip = 0; trip < trips; ++trip, turn += 2) {
        word.store(turn + 1, std::memory_order_release);
        wait_for(turn + 2);
    }
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / trips;
}

}  // namespace

int main(int count, char** words)
{
    const auto here = count == 3 ? parse(words[1]) : std::nullopt, there = count == 3 ? parse(words[2]) : std::nullopt;
    if (!here || !there || *here == *there) {
        std::fprintf(stderr, "usage: ferry-cpu-distance CPU CPU (the numbers of two)\n");
        return 2;
    }
    if (!run_on(*here)) {
        std::fprintf(stderr, "ferry-cpu-distance: this process may not run on CPU %d\n", *here);
        return 1;
    }
    enum class There { not_yet, yes, no };
    std::atomic<There> is_there{There::not_yet};
    std::thread other([&] {
        const bool runs_there = run_on(*there);
        is_there.store(runs_there ? There::yes : There::no, std::memory_order_release);
        if (runs_there)
            answer();
    });
    while (is_there.load(std::memory_order_acquire) == There::not_yet)
        std::this_thread::yield();
    if (is_there.load(std::memory_order_relaxed) == There::no) {
        other.join();
        std::fprintf(stderr, "ferry-cpu-distance: this process may not run on CPU %d\n", *there);
        return 1;
    }
    std::array<double, runs> taken{};
    int turn = 0;
    for (double& nanoseconds : taken)
        nanoseconds = nanoseconds_of_a_run(turn);
    other.join();
    std::nth_element(taken.begin(), taken.begin() + runs / 2, taken.end());
    std::printf("%.1f\n", taken[runs / 2]);
    return 0;
}
