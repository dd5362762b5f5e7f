// papyan_nc: NC1 to NC4 over the epochs, train and test in one sheet, with the
// recipe of Papyan, Han and Donoho (arXiv 2008.08186), beside published numbers
// of it (PAPER.md, section 5).
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr char kCell[] = "resnet18";

// A number of the end, as another public reproduction gives it.
struct Published {
  std::string id, name;
  Quantity quantity;
  double value;
};

// Of a metric with its own means, or of the classifier's rows.
Quantity Of(const std::string& metric, const std::string& split,
            const std::string& anchor = "own") {
  return {metric, split, anchor, "features"};
}

std::vector<Published> AllPublished() {
  return {
      {"nc1", "Tr(S_W S_B^+) / K on training samples",
       Of("nc1_pinv_trace_over_classes", "train"), 0.020},
      {"norms_means", "relative deviation of the norms of the class means",
       Of("nc2_equinorm_means", "train"), 0.016},
      {"norms_weights", "relative deviation of the norms of classifier rows",
       Of("nc2_equinorm_weights", "train", ""), 0.010},
      {"cosines_means", "deviation of the cosines of the class means",
       Of("nc2_cos_std_means", "train"), 0.05},
      {"cosines_weights", "deviation of the cosines of classifier rows",
       Of("nc2_cos_std_weights", "train", ""), 0.025},
      {"nc3", "squared distance of classifier and means",
       Of("nc3_self_duality", "train"), 0.028},
      {"nc4", "share of test samples whose nearest mean is not the decision",
       Of("nc4_ncc_mismatch", "test"), 0.006}};
}

// A panel of one metric on train and test, or of two.
Panel Sheet(const std::string& id, const std::string& title,
            const std::vector<std::pair<Quantity, std::string>>& curves) {
  Panel panel = VariancePanel(id, title, {});
  panel.y_title = title;
  for (const auto& [quantity, label] : curves) {
    panel.curves.push_back({kCell, quantity, label});
  }
  return panel;
}

Experiment PapyanNc() {
  Experiment e;
  e.title = "NC1 to NC4 over the epochs, train and test: {runs}";
  e.paper =
      "Papyan, Han and Donoho train for 350 epochs with momentum 0.9 and "
      "weight decay 5e-4, the learning rate divided by ten at a third and at "
      "two thirds; all measures fall towards 0 on training samples. Test "
      "accuracy 89.44 % at the end, as quoted in a public reproduction; "
      "another (learning rate 0.13) gives the numbers below.";
  RunSpec spec = PaperRun("cifar10", "resnet18", 0.1);
  spec.optimizer = "sgd(weight_decay=0.0005)";
  spec.schedule = "steps";
  spec.steps = 350 * (50000 / 128);
  for (const Published& one : AllPublished()) {
    spec.metrics.push_back(one.quantity.metric);
  }
  e.cells = {{kCell, spec}};
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "2,000 training and 1,000 test images, a quarter of the "
                  "channels, 120 epochs in place of 350",
       .set = {{"dataset", "cifar10(train_per_class=200,test_per_class=100)"},
               {"model", "resnet18(width=16)"},
               {"steps", "1800"}},
       .seeds = {0, 1, 2}},
      SmokePreset({0})};
  const auto both = [&](const std::string& id, const std::string& title,
                        const std::string& metric) {
    return Sheet(
        id, title,
        {{Of(metric, "train"), "train"}, {Of(metric, "test"), "test"}});
  };
  const auto pair = [&](const std::string& id, const std::string& title,
                        const std::string& metric) {
    return Sheet(id, title,
                 {{Of(metric + "_means", "train"), "means, train"},
                  {Of(metric + "_means", "test"), "means, test"},
                  {Of(metric + "_weights", "train", ""), "classifier"}});
  };
  e.panels = {
      both("nc1", "NC1: Tr(S_W S_B^+) / K", "nc1_pinv_trace_over_classes"),
      pair("nc2_norms", "NC2: deviation of norms", "nc2_equinorm"),
      pair("nc2_cosines", "NC2: deviation of cosines", "nc2_cos_std"),
      both("nc3", "NC3: distance of classifier and means", "nc3_self_duality"),
      both("nc4", "NC4: nearest mean is not the decision", "nc4_ncc_mismatch"),
      Sheet("accuracy", "accuracy",
            {{{"accuracy", "train", "", ""}, "train"},
             {{"accuracy", "test", "", ""}, "test"}})};
  e.panels.back().log_y = false;
  e.columns = 2;
  for (const Published& one : AllPublished()) {
    const Number end = At(kCell, one.quantity);
    const Number off =
        Greatest({Log10(end / one.value), Log10(one.value / end)});
    e.claims.push_back({.id = "as_published_" + one.id,
                        .text = absl::StrCat("{runs}: ", one.name,
                                             " ends within a factor of "
                                             "two of the published ",
                                             one.value, "."),
                        .effect = "powers of ten beyond the factor of two",
                        .statistic = ClaimStatistic::Distance(
                            Greatest({0, off - std::log10(2)})),
                        .needs = TrainedTo({}, 0.0)});
  }
  for (const char* split : {"train", "test"}) {
    const Quantity nc1 = Of("nc1_pinv_trace_over_classes", split);
    e.claims.push_back(
        {.id = absl::StrCat("nc1_falls_", split),
         .text = absl::StrCat("{runs}: Tr(S_W S_B^+) / K on ", split,
                              " samples is at the last step a tenth or less of "
                              "what it is after the first epoch."),
         .effect = "fall in powers of ten, less 1",
         .statistic =
             Above(At(kCell, nc1, AfterFirstEpoch()), At(kCell, nc1), 10),
         .needs = TrainedTo({}, 0.0)});
  }
  e.decisions = {
      "No augmentation; inputs normalised per channel; learning rate 0.1, "
      "where "
      "the recipe chooses one of 25; means of the same step, as the field's."};
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "papyan_nc",
     .summary = "NC1 to NC4 over the epochs, train and test in one sheet",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186"},
    PapyanNc);

}  // namespace
}  // namespace nclab
