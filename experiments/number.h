// What marks, curves and claims show: expressions over the runs of a seed.
//
//   At("a", StrongTestVariance()) / At("a", TrainVariance())
//   StepsToFall("a", TrainVariance(), 2)
//   At("a", {"accuracy", "test", "", ""}, FirstBelow({"loss", "train"}, 1e-3))
#ifndef NCLAB_EXPERIMENTS_NUMBER_H_
#define NCLAB_EXPERIMENTS_NUMBER_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/values.h"

namespace nclab {

// Why a number is not there; of an expression, the last one that holds for any
// of its parts.
enum class Lack {
  kNothing,    // it is there
  kUndefined,  // its runs finished and do not have it, or it is no number
  kDiverged,   // a run that it needs diverged
  kNotRun,     // a run that it needs was planned, and did not finish
  kLeftOut     // the plan has no run of a cell that it needs
};

struct Result {
  double value = 0;  // where nothing is lacking
  Lack lack = Lack::kNothing;
};

// Where an expression is evaluated: the runs of one seed and, along a curve,
// the step of its point.
struct Scope {
  const SeedRows& seed;
  int64_t step = -1;
};

// A number of a seed.
class Number {
 public:
  using Evaluate = std::function<Result(const Scope&)>;

  Number(double constant);  // NOLINT: a constant is a number
  // `cells`: whose runs it looks at.
  Number(std::vector<std::string> cells, Evaluate evaluate)
      : cells_(std::move(cells)), evaluate_(std::move(evaluate)) {}

  const std::vector<std::string>& cells() const { return cells_; }
  // Lacks what is not finite.
  Result In(const Scope& scope) const;
  // The number, if it is there.
  std::optional<double> operator()(const SeedRows& seed) const;

 private:
  std::vector<std::string> cells_;
  Evaluate evaluate_;
};

// Several numbers with names, "" where they need none.
class Numbers {
 public:
  using Named = std::pair<std::string, Result>;
  using Evaluate = std::function<std::vector<Named>(const Scope&)>;

  Numbers(std::vector<Number> numbers);  // NOLINT: without names
  Numbers(std::initializer_list<Number> numbers)
      : Numbers(std::vector<Number>(numbers)) {}
  Numbers(std::vector<std::string> cells, Evaluate evaluate)
      : cells_(std::move(cells)), evaluate_(std::move(evaluate)) {}

  const std::vector<std::string>& cells() const { return cells_; }
  std::vector<Named> In(const Scope& scope) const { return evaluate_(scope); }

 private:
  std::vector<std::string> cells_;
  Evaluate evaluate_;
};

// The cells of all of them, each once.
std::vector<std::string> CellsOf(const std::vector<Number>& numbers);

// An evaluated step of a run, if it has that one.
using Time =
    std::function<std::optional<int64_t>(const RunRows& run, int64_t step)>;

Time AtEnd();
Time AtStep(int64_t step);
Time AtShare(double share);  // of the run's steps, 0 to 1
// The first evaluation from that share on.
Time FromShare(double share);
// The first evaluation at or behind the end of the first epoch, before the end:
// what means at T say of new weights is a draw.
Time AfterFirstEpoch();
// The first evaluation at which `quantity`, as the loss, is below `level`.
Time FirstBelow(Quantity quantity, double level);
Time Now();  // the step of the curve's point

// A quantity of a cell's run; the greatest of its layers where it has several.
Number At(const std::string& cell, Quantity quantity, Time time = AtEnd());
// A quantity at the first evaluation at which another is at least `level`.
Number AtReach(const std::string& cell, Quantity quantity, Quantity reaches,
               Number level);
// The step of `time`.
Number StepAt(const std::string& cell, Time time);
// The step at which the quantity first passes below `level` on its way down,
// interpolated where both axes are logarithmic (of steps plus 1). Undefined if
// it starts below, or never does.
Number StepsToFall(const std::string& cell, Quantity quantity, Number level);
// Constants of a cell's run: the size of its training split; a numeric setting
// of its spec, or of one of its choices ("lr", "model.depth").
Number Samples(const std::string& cell);
Number Setting(const std::string& cell, const std::string& name);

// make(layer) of each layer of a cell's run that `selection` names (as
// Quantity::layers), with the layers' names.
Numbers PerLayer(const std::string& cell, const std::string& selection,
                 std::function<Number(const std::string& layer)> make);

Number operator+(Number a, Number b);
Number operator-(Number a, Number b);
Number operator/(Number a, Number b);
Number Log10(Number a);

// Of all; missing where one is missing.
Number Least(Numbers numbers);
Number Greatest(Numbers numbers);
Number Mean(Numbers numbers);
// The greatest of those that the plan has and that did not diverge: the best
// learning rate, for instance. Missing where one of them is missing.
Number Best(Numbers numbers);
// `a` where the plan has `b`; left out with it.
Number Beside(Number a, Number b);
// The least of a[i] - a[i + 1]; undefined for fewer than two.
Number LeastDrop(Numbers numbers);
// The last one less the greatest other; undefined for fewer than two.
Number LeadOfLast(Numbers numbers);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_NUMBER_H_
