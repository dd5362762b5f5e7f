// optimizers: SGD, Nesterov and Adam, each with weight decay in the gradient
// (coupled) and of the weights themselves (decoupled; AdamW): what they do to
// variances, accuracy, transfer and NC0.
//
// The decays shrink the weights by the same factor a step, 1 - 3e-4 at first:
// lr times the decay, and for SGD with coupled decay ten times that by its
// momentum. With Adam a coupled decay is divided by the gradients' size.
#include "experiments/experiment.h"
#include "experiments/factorial.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

Axis Rows() {
  const auto row = [](const std::string& first, const std::string& second,
                      const std::string& optimizer, const std::string& lr) {
    return Words{{"first", first},
                 {"second", second},
                 {"optimizer", optimizer},
                 {"lr", lr}};
  };
  return {
      row("sgd", "coupled", "sgd(weight_decay=0.003)", "0.01"),
      row("sgd", "decoupled", "sgd(decoupled=true,weight_decay=0.03)", "0.01"),
      row("nesterov", "coupled", "sgd(nesterov=true,weight_decay=0.003)",
          "0.01"),
      row("nesterov", "decoupled",
          "sgd(decoupled=true,nesterov=true,weight_decay=0.03)", "0.01"),
      row("adam", "coupled", "adam(weight_decay=0.003)", "0.001"),
      row("adam", "decoupled", "adamw(weight_decay=0.3)", "0.001")};
}

Number Nc0(const std::string& cell) {
  return At(cell, {"nc0_weight_sum", "train", "", "features"});
}

Experiment Optimizers() {
  Experiment e;
  e.title = "The optimizer and how weights decay: collapse and transfer";
  e.paper =
      "The paper trains with SGD and momentum alone. arXiv 2602.16642 finds "
      "that it is the coupling of weight decay that decides NC0, the sum of "
      "the classifier's rows: with adaptive optimizers it goes to 0 under "
      "coupled decay and not under decoupled.";
  const Factorial factorial{.rows = Rows(), .metrics = {"nc0_weight_sum"}};
  std::vector<Outcome> outcomes = FactorialOutcomes();
  outcomes.push_back({"nc0", "log10 of NC0", [](const std::string& cell) {
                        return Log10(Nc0(cell));
                      }});
  SetFactorial(factorial, outcomes, e);
  const Number adam = Above(Nc0("adam-decoupled"), Nc0("adam-coupled"));
  const Number sgd = Above(Nc0("sgd-decoupled"), Nc0("sgd-coupled"));
  e.claims = {
      {.id = "coupling_lowers_nc0_of_adam",
       .text = "{runs}: NC0 ends lower with Adam and coupled decay than with "
               "AdamW.",
       .effect = "log10 of AdamW's over Adam's",
       .statistic = adam,
       .needs = TrainedTo({}, 0.0)},
      {.id = "coupling_matters_more_with_adam",
       .text = "{runs}: the coupling changes NC0 more with Adam than with SGD.",
       .effect = "powers of ten between decoupled and coupled, with Adam less "
                 "with SGD",
       .statistic = adam - sgd,
       .needs = TrainedTo({}, 0.0)},
      {.id = "adam_collapses_further",
       .text = "{runs}: with coupled decay TrainVariance ends lower with Adam "
               "than with SGD.",
       .effect = "log10 of SGD's over Adam's",
       .statistic = Above(At("sgd-coupled", TrainVariance()),
                          At("adam-coupled", TrainVariance())),
       .needs = TrainedTo({}, 0.0)},
      CollapseGoesWithWorseTransfer(factorial)};
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "optimizers",
     .summary = "optimizer and coupling of decay: collapse and transfer",
     .reference = "arXiv 2602.16642"},
    Optimizers);

}  // namespace
}  // namespace nclab
