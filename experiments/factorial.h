// Two factors crossed: cells, panels and presets of an experiment that asks
// what a choice of the recipe does to collapse, accuracy and transfer.
#ifndef NCLAB_EXPERIMENTS_FACTORIAL_H_
#define NCLAB_EXPERIMENTS_FACTORIAL_H_

#include <functional>
#include <string>
#include <vector>

#include "experiments/experiment.h"
#include "experiments/product.h"

namespace nclab {

struct Factorial {
  // Every combination of their levels: "first" and "second" name the levels,
  // all else are fields of the run, as SetField() takes them. The first row has
  // the level of each factor with which the others are compared.
  Axis rows;
  std::vector<std::string> metrics = {};  // besides those of PaperRun()
};

// What is looked at: of the cell of a row.
struct Outcome {
  std::string id, name;
  std::function<Number(const std::string& cell)> of;
};

// TrainVariance and StrongTestVariance (their log10), test accuracy, and that
// after fine-tuning on other classes.
std::vector<Outcome> FactorialOutcomes();

// The cell "FIRST-SECOND" of each row, an MLP on 1,000 MNIST digits, and its
// "transfer-FIRST-SECOND": fine-tuned on 1,000 images of FashionMNIST, always
// in the same way.
// Two panels of each outcome: a line over the levels of `first` for each level
// of `second`, with their mean; and the effects: of each level against the
// first one, over the levels of the other factor, and of both together less the
// sum of the two (interaction, "x").
void SetFactorial(const Factorial& factorial,
                  const std::vector<Outcome>& outcomes, Experiment& experiment);

// The paper's moral across recipes: less TrainVariance, less accuracy after
// fine-tuning.
Claim CollapseGoesWithWorseTransfer(const Factorial& factorial);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_FACTORIAL_H_
