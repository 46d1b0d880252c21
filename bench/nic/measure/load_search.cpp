#include "measure/load_search.hpp"

#include <algorithm>
#include <cmath>

namespace ferry::bench {

void LoadSearch::add(const Measurement& measurement)
{
    const auto behind = [](const Measurement& a, const Measurement& b) { return a.load < b.load; };
    measurements_.insert(std::upper_bound(measurements_.begin(), measurements_.end(), measurement, behind),
                         measurement);
}

std::optional<LoadSearch::Measurement> LoadSearch::least_failed(double goal) const
{
    for (const Measurement& one : measurements_)
        if (one.loss > goal)
            return one;
    return std::nullopt;
}

std::optional<LoadSearch::Measurement> LoadSearch::best(double goal) const
{
    std::optional<Measurement> found;
    for (const Measurement& one : measurements_) {
        if (one.loss > goal)
            break;
        found = one;
    }
    return found;
}

std::optional<double> LoadSearch::next(double goal)
{
    if (goal != goal_) {
        goal_ = goal;
        asked_ = 0;
    }
    if (++asked_ > limits_.most_measurements)
        return std::nullopt;
    const auto failed = least_failed(goal), passed = best(goal);
    if (!failed)
        return passed && passed->load >= limits_.highest ? std::nullopt : std::optional(limits_.highest);
    if (!passed && failed->load <= limits_.lowest)
        return std::nullopt;
    const double low = passed ? passed->load : 0;
    if (passed && failed->load - low <= std::max(failed->load * limits_.precision, 1.0))
        return std::nullopt;
    // What came through of a load that was too high is a good guess: first a little below it, then a little above.
    const double through = failed->load * (1 - failed->loss) / (1 - goal), half = limits_.precision / 2;
    double guess = (low + failed->load) / 2;
    if (through * (1 - half) > low)
        guess = std::min(guess, through * (1 - half));
    else if (through * (1 + half) > low)
        guess = std::min(guess, through * (1 + half));
    return std::max(guess, limits_.lowest);
}

}  // namespace ferry::bench
