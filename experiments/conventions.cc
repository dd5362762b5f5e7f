// conventions: which of the paper's sentences survive which choice of means,
// metric and layer: figure 6's run, and MLPs on more and fewer FashionMNIST.
#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr char kMlp[] = "mlp";

// How a variance is read.
struct Way {
  std::string id, name, metric, anchor;
  std::string last = "features", each = "hidden";  // layers

  Quantity Last(const std::string& split) const {
    return {metric, split, anchor, last};
  }
  Quantity Each() const { return {metric, "train", anchor, each}; }
};

std::vector<Way> Ways() {
  const std::string ratio = "variance_ratio", trace = "nc1_pinv_trace";
  return {{"text", "ratio, means at T", ratio, "final"},
          {"own", "ratio, own means", ratio, "own"},
          {"trace", "trace", trace, "own"},
          {"trace_k", "trace by K", trace + "_over_classes", "own"},
          {"cdnv", "CDNV", "cdnv", "own"},
          {"pre", "ratio, before ReLU", ratio, "final", "fc3.pre", "pre"},
          {"trace_pre", "trace, before ReLU", trace, "own", "fc3.pre", "pre"}};
}

// A sentence of the paper, judged in one way.
struct Sentence {
  std::string id, text, effect;
  ClaimStatistic statistic;
};

std::vector<Sentence> Judged(const Way& way,
                             const std::vector<std::string>& sizes) {
  const Number train = At(kMlp, way.Last("train"));
  const Number test = At(kMlp, way.Last("test"));
  std::vector<Number> samples;
  for (const std::string& cell : sizes) samples.push_back(Samples(cell));
  const auto by_size = [&](const std::string& split, int sign) {
    return RankCorrelation(samples, AtEach(sizes, way.Last(split)), sign);
  };
  return {
      {"train_falls", "train variance falls", "fall in powers of ten",
       EveryLayerFalls(kMlp, way.Last("train"))},
      {"test_above", "test variance ends above train variance",
       "log10 of test over train", Above(test, train)},
      {"tenfold", "test variance ends above ten times train variance",
       "log10 of test over train, less 1", Above(test, train, 10)},
      {"test_stays", "test variance ends above 0.1", "log10 of test over 0.1",
       Above(test, kNegligible)},
      {"samples_train", "more samples, more train variance", "rank correlation",
       by_size("train", +1)},
      {"samples_test", "more samples, less test variance",
       "rank correlation, times -1", by_size("test", -1)},
      {"layer_order", "deeper layers end lower",
       "least log10 ratio of neighbours", LayersDescendAtEnd(kMlp, way.Each())},
      {"deeper_first", "deeper layers fall first",
       "least log10 ratio of the steps of neighbours",
       DeeperLayersFallFirst(kMlp, way.Each())},
      {"last_most", "the last layer falls most",
       "its fall less the greatest other, powers of ten",
       LastLayerFallsMost(kMlp, way.Each())}};
}

Cell SizeCell(const Words& at) {
  return {"N-" + at.at("size"),
          PaperRun(Fill("fashion_mnist(train_size={size})", at),
                   "mlp(width=1024,depth=3)", 0.01)};
}

Experiment Conventions() {
  Experiment e;
  e.title = "Which sentences survive which convention";
  e.paper =
      "The text defines ratios of traces around the means at the last step, of "
      "the last hidden layer; the released code has Tr(S_W S_B^+) around the "
      "means of the same step. Others use other metrics still.";
  Axis sizes;
  for (int64_t tenth = 1000; tenth <= 5000; tenth += 1000) {
    sizes.push_back(
        {{"size", absl::StrCat(10 * tenth)}, {"tenth", absl::StrCat(tenth)}});
  }
  e.cells = Product({sizes, Values("kind", "size")}, SizeCell);
  e.cells.push_back(
      {kMlp, PaperRun("mnist(train_per_class=100,test_per_class=20)",
                      "mlp(width=1024,depth=3)", 0.001)});
  for (Cell& cell : e.cells) {
    cell.spec.layers = {"all"};
    cell.spec.metrics.push_back("nc1_pinv_trace");
    cell.spec.metrics.push_back("nc1_pinv_trace_over_classes");
  }
  const Words of_size = {{"kind", "size"}};
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "256 units a layer, learning rate 0.01, 4,000 steps; of "
                  "FashionMNIST a tenth of the images, 3,000 steps",
       .set = {{"model", "mlp(width=256,depth=3)"},
               {"lr", "0.01"},
               {"steps", "4000"}},
       .seeds = {0, 1, 2},
       .rules = {{.where = of_size,
                  .set = {{"dataset.train_size", "{tenth}"},
                          {"dataset.test_size", "2000"},
                          {"eval_points", "10"},
                          {"steps", "3000"}}}}},
      SmokePreset({0})};
  e.presets.back().set["model"] = "mlp(width=16,depth=3)";
  e.presets.back().rules = {
      {.where = of_size, .set = {{"dataset.seed", "{index}"}}}};
  const std::vector<std::string> size_cells = CellsAt(e.cells, of_size);
  for (const Way& way : Ways()) {
    size_t i = 0;
    for (const Sentence& one : Judged(way, size_cells)) {
      if (e.panels.size() <= i) {
        e.panels.push_back({one.id, one.text, "", one.effect});
      }
      AddNamed(e.panels[i++], "effect", way.name, one.statistic.effect());
      e.claims.push_back({.id = absl::StrCat(one.id, "_", way.id),
                          .text = absl::StrCat("{runs}, read as ", way.name,
                                               ": ", one.text, "."),
                          .effect = one.effect,
                          .statistic = one.statistic,
                          .needs = TrainedTo({}, 0.0),
                          .row = one.text,
                          .column = way.name});
    }
  }
  e.columns = 2;
  e.decisions = PaperRunDecisions();
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "conventions",
     .summary = "which sentences of the paper survive which convention",
     .reference = "arXiv 2202.08384, section 3.1, and its released code"},
    Conventions);

}  // namespace
}  // namespace nclab
