// Finds the highest load that a DUT carries with no more than a given loss (RFC 2544 §26.1).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ferry::bench {

/// A bisection that knows of every measurement so far, also of those made for another goal. Loads are frames a second,
/// or frames in a burst. The first load is the highest; the next two are those around what got through then; further
/// ones halve the interval.
class LoadSearch {
public:
    struct Limits {
        double highest = 0;            ///< the load that is not exceeded
        double lowest = 1;             ///< below it there is no answer
        double precision = 0.01;       ///< of the answer, as a part of it
        unsigned most_measurements = 40;  ///< for one goal
    };
    struct Measurement {
        double load = 0;
        double loss = 0;  ///< part of the load that did not come, 0 to 1
    };

    explicit LoadSearch(const Limits& limits) : limits_(limits) {}

    /// The load to be measured next, so as to find the highest with at most `goal` of loss; nothing where it is known.
    std::optional<double> next(double goal);
    void add(const Measurement& measurement);
    /// The highest load that passed and below which none has failed; nothing where none has passed.
    std::optional<Measurement> best(double goal) const;
    const std::vector<Measurement>& measurements() const noexcept { return measurements_; }

private:
    std::optional<Measurement> least_failed(double goal) const;

    Limits limits_;
    std::vector<Measurement> measurements_;  ///< by load
    double goal_ = -1;
    unsigned asked_ = 0;  ///< for goal_
};

}  // namespace ferry::bench
