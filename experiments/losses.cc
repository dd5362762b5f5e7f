// losses: cross-entropy, label smoothing and square loss, with and without
// weight decay: what they do to train and test variance, accuracy and transfer.
#include "experiments/experiment.h"
#include "experiments/factorial.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

Axis Rows() {
  Axis rows;
  for (const Words& loss :
       Values("first", "cross_entropy|label_smoothing|mse")) {
    for (const Words& decay : Values("second", "decay_0|decay_0.003")) {
      Words row = loss;
      row["second"] = decay.at("second");
      row["objective"] = loss.at("first");
      row["optimizer.weight_decay"] = decay.at("second").substr(6);
      rows.push_back(row);
    }
  }
  return rows;
}

Experiment Losses() {
  Experiment e;
  e.title = "The loss and weight decay: variances, accuracy, transfer";
  e.paper =
      "The paper trains with cross-entropy alone. Han, Papyan and Donoho "
      "(arXiv 2106.02073) find collapse under the square loss, Zhou et al. "
      "(arXiv 2210.02192) under all three losses.";
  const Factorial factorial{.rows = Rows()};
  SetFactorial(factorial, FactorialOutcomes(), e);
  const auto lower = [&](const std::string& id, const std::string& text,
                         const std::string& quantity, const Quantity& variance,
                         const std::string& other, const std::string& than) {
    e.claims.push_back(
        {.id = id,
         .text = "{runs}: " + quantity + " ends lower " + text,
         .effect = "log10 of the higher over the lower",
         .statistic = Above(At(than, variance), At(other, variance)),
         .needs = TrainedTo({}, 0.0)});
  };
  lower("smoothing_collapses_further",
        "with label smoothing than with cross-entropy, both without decay.",
        "TrainVariance", TrainVariance(), "label_smoothing-decay_0",
        "cross_entropy-decay_0");
  lower("square_loss_collapses_further",
        "with the square loss than with cross-entropy, both without decay.",
        "TrainVariance", TrainVariance(), "mse-decay_0",
        "cross_entropy-decay_0");
  lower("decay_collapses_further",
        "with weight decay than without, both with cross-entropy.",
        "TrainVariance", TrainVariance(), "cross_entropy-decay_0.003",
        "cross_entropy-decay_0");
  lower("decay_helps_test_collapse",
        "with weight decay than without, both with cross-entropy.",
        "StrongTestVariance", StrongTestVariance(), "cross_entropy-decay_0.003",
        "cross_entropy-decay_0");
  e.claims.push_back(CollapseGoesWithWorseTransfer(factorial));
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "losses",
     .summary = "loss and weight decay: variances, accuracy and transfer",
     .reference = "arXiv 2106.02073; arXiv 2210.02192"},
    Losses);

}  // namespace
}  // namespace nclab
