#include "experiments/report/page/planned.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "datasets/dataset.h"

namespace nclab {
namespace {

// Of the training split.
std::optional<int64_t> Samples(const std::string& dataset) {
  const absl::StatusOr<BoundChoice> bound = Datasets().Bind(dataset);
  if (!bound.ok()) return std::nullopt;
  const Params& params = bound->params;
  if (const int64_t size = params.Int("train_size"); size > 0) return size;
  const DatasetInfo& info = (*Datasets().Find(bound->name))->info;
  if (info.train_counts.empty()) return std::nullopt;
  const auto superclass = info.superclasses.find(params.String("superclass"));
  const int64_t per_class = params.Int("train_per_class");
  int64_t samples = 0;
  for (size_t c = 0; c < info.train_counts.size(); ++c) {
    if (superclass != info.superclasses.end() &&
        superclass->second.targets[c] < 0) {
      continue;
    }
    samples += per_class > 0 ? per_class : info.train_counts[c];
  }
  return per_class > 0 ? samples : samples - params.Int("skip");
}

std::string NameOf(const std::string& choice) {
  return choice.substr(0, choice.find('('));
}

// "resnet18 on cifar10", "densenet201, resnet18 on mnist": each name once.
std::string Title(const std::vector<std::string>& cells,
                  const std::map<std::string, RunSpec>& specs) {
  std::vector<std::string> models, datasets;
  const auto add = [](std::vector<std::string>& names, const std::string& one) {
    if (std::find(names.begin(), names.end(), NameOf(one)) == names.end()) {
      names.push_back(NameOf(one));
    }
  };
  for (const std::string& cell : cells) {
    const auto spec = specs.find(cell);
    if (spec == specs.end()) continue;
    add(models, spec->second.model);
    add(datasets, spec->second.dataset);
  }
  return absl::StrCat(absl::StrJoin(models, ", "), " on ",
                      absl::StrJoin(datasets, ", "));
}

std::vector<std::string> CellsOf(const Panel& panel) {
  std::vector<std::string> cells;
  for (const Curves& curves : panel.curves) cells.push_back(curves.cell);
  for (const Mark& mark : panel.marks) {
    cells.insert(cells.end(), mark.x.cells.begin(), mark.x.cells.end());
    cells.insert(cells.end(), mark.y.cells.begin(), mark.y.cells.end());
  }
  return cells;
}

// Labels of marks: "{samples}" becomes the size of the training split of the
// mark's run. Where that is not known, or does not tell the marks apart, labels
// with it are the cells' names.
void NameMarks(const std::map<std::string, RunSpec>& specs, Panel& panel) {
  std::set<std::string> different;
  std::vector<std::string> labels;
  for (const Mark& mark : panel.marks) {
    std::string label = mark.label;
    if (!mark.x.cells.empty() && specs.count(mark.x.cells[0]) > 0) {
      const auto samples = Samples(specs.at(mark.x.cells[0]).dataset);
      if (samples) {
        absl::StrReplaceAll({{"{samples}", absl::StrCat(*samples)}}, &label);
      }
    }
    if (absl::StrContains(label, "{samples}")) label.clear();
    different.insert(label);
    labels.push_back(label);
  }
  const bool tell = different.size() == labels.size() && !different.count("");
  for (size_t i = 0; i < labels.size(); ++i) {
    Mark& mark = panel.marks[i];
    if (!absl::StrContains(mark.label, "{samples}")) continue;
    mark.label = tell ? labels[i] : absl::StrJoin(mark.x.cells, ", ");
  }
}

}  // namespace

int64_t StepsPerEpoch(const RunSpec& spec) {
  const std::optional<int64_t> samples = Samples(spec.dataset);
  if (!samples || *samples < 1) return 1;
  return *samples / std::min(spec.batch_size, *samples);
}

void NameRuns(const std::vector<RunFacts>& runs, Experiment& experiment) {
  std::map<std::string, RunSpec> specs;
  for (const RunFacts& run : runs) {
    const absl::StatusOr<RunSpec> spec = RunSpecFromJson(run.spec);
    if (spec.ok()) specs.emplace(run.run.cell, *spec);
  }
  for (const Cell& cell : experiment.cells) specs.emplace(cell.name, cell.spec);
  const auto name = [&](const std::vector<std::string>& cells,
                        std::string& text) {
    text = absl::StrReplaceAll(text, {{"{runs}", Title(cells, specs)}});
  };
  std::vector<std::string> all;
  for (const Cell& cell : experiment.cells) all.push_back(cell.name);
  name(all, experiment.title);
  for (Panel& panel : experiment.panels) {
    name(CellsOf(panel), panel.title);
    NameMarks(specs, panel);
  }
  for (Claim& claim : experiment.claims) {
    name(claim.statistic.cells(), claim.text);
  }
}

}  // namespace nclab
