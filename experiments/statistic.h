// What a claim is judged by.
#ifndef NCLAB_EXPERIMENTS_STATISTIC_H_
#define NCLAB_EXPERIMENTS_STATISTIC_H_

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/values.h"

namespace nclab {

// How far a claim holds for one seed: positive where it does, 0 where nothing
// speaks for it, nothing where a number that it needs is missing (NaN is).
class Statistic {
 public:
  using Effect = std::function<std::optional<double>(const SeedRows&)>;
  // The effects, within one seed, of all arrangements of its numbers that are
  // equally likely if nothing is behind the claim; the observed one is among
  // them. Empty where that cannot be said.
  using Arrangements = std::function<std::vector<double>(const SeedRows&)>;

  // `cells`: whose runs it looks at. `most`: no effect lies beyond +/- this.
  Statistic(std::vector<std::string> cells, Effect effect,
            double most = std::numeric_limits<double>::infinity(),
            Arrangements arrangements = {})
      : cells_(std::move(cells)),
        effect_(std::move(effect)),
        most_(most),
        arrangements_(std::move(arrangements)) {}

  const std::vector<std::string>& cells() const { return cells_; }
  double most() const { return most_; }
  std::optional<double> operator()(const SeedRows& seed) const {
    return effect_(seed);
  }
  std::vector<double> ArrangementsOf(const SeedRows& seed) const {
    return arrangements_ ? arrangements_(seed) : std::vector<double>();
  }

 private:
  std::vector<std::string> cells_;
  Effect effect_;
  double most_;
  Arrangements arrangements_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_STATISTIC_H_
