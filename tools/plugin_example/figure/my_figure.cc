// my_figure: do deeper networks collapse further? my_net of one, two and four
// hidden layers on stripes.
#include "experiments/experiment.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace {

using nclab::Cell;
using nclab::Experiment;
using nclab::TrainVariance;

Cell MyNetOnStripes(const nclab::Words& at) {
  nclab::RunSpec spec;
  spec.dataset = "stripes";
  spec.model = nclab::Fill("my_net(depth={depth})", at);
  spec.steps = 4000;
  spec.lr = 0.01;
  spec.layers = {"features"};
  spec.metrics = {"accuracy", "loss", "variance_ratio"};
  return {nclab::Fill("depth{depth}", at), spec};
}

Experiment MyFigure() {
  Experiment e;
  e.title = "Depth and collapse: TrainVariance of the features";
  e.cells = nclab::Product({nclab::Values("depth", "1|2|4")}, MyNetOnStripes);
  e.presets = {
      {.name = "paper", .summary = "as it is", .seeds = {0, 1, 2}},
      {.name = "small",
       .summary = "1,000 steps in place of 4,000; two seeds",
       .set = {{"steps", "1000"}},
       .seeds = {0, 1}},
      {.name = "smoke",
       .summary = "100 steps on 40 pictures: tests the path",
       .set = {{"dataset", "stripes(train=40,test=20)"},
               {"steps", "100"},
               {"eval_points", "4"}},
       .seeds = {0}},
  };
  nclab::Panel panel{.id = "depth",
                     .title = "{runs}",
                     .x_title = "SGD steps",
                     .y_title = "TrainVariance",
                     .log_y = true};
  for (const Cell& cell : e.cells) {
    panel.curves.push_back({cell.name, TrainVariance(), cell.name});
  }
  e.panels = {panel};
  e.claims = {{.id = "deeper_is_lower",
               .text =
                   "{runs}: at the last step TrainVariance is lower with four "
                   "hidden layers than with one.",
               .effect = "log10 of one layer's over four layers'",
               .statistic = nclab::Above(nclab::At("depth1", TrainVariance()),
                                         nclab::At("depth4", TrainVariance())),
               .needs = nclab::TrainedTo(/*loss=*/{}, /*error=*/0)}};
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "my_figure",
     .summary = "whether deeper networks collapse further",
     .reference = "nclab, tools/plugin_example/figure/my_figure.cc"},
    MyFigure);

}  // namespace
