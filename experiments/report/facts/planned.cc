#include "experiments/report/facts/planned.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "experiments/product.h"
#include "tools/base/registry/choice_name.h"

namespace nclab {
namespace {

// "resnet18 on cifar10", "densenet201, resnet18 on mnist": each name once.
std::string Title(const std::vector<std::string>& cells,
                  const std::map<std::string, RunSpec>& specs) {
  std::vector<std::string> models, datasets;
  const auto add = [](std::vector<std::string>& names, const std::string& one) {
    if (std::find(names.begin(), names.end(), ChoiceName(one)) == names.end()) {
      names.push_back(ChoiceName(one));
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
    for (const Number& number : {mark.x, mark.y}) {
      cells.insert(cells.end(), number.cells().begin(), number.cells().end());
    }
  }
  return cells;
}

// Labels of marks: "{samples}" becomes the size of the training split of the
// mark's run. Where that is not known, or does not tell the marks apart, labels
// with it are the cells' names.
void NameMarks(const std::map<std::string, int64_t>& samples, Panel& panel) {
  std::set<std::string> different;
  std::vector<std::string> labels;
  bool tell = true;
  for (const Mark& mark : panel.marks) {
    std::string label = mark.label;
    const auto known =
        samples.find(mark.x.cells().empty() ? "" : mark.x.cells()[0]);
    if (known != samples.end()) {
      absl::StrReplaceAll({{"{samples}", absl::StrCat(known->second)}}, &label);
    }
    if (absl::StrContains(label, "{samples}")) {
      label.clear();
    } else {
      tell = different.insert(label).second && tell;
    }
    labels.push_back(label);
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    Mark& mark = panel.marks[i];
    if (!absl::StrContains(mark.label, "{samples}")) continue;
    mark.label = tell && !labels[i].empty()
                     ? labels[i]
                     : absl::StrJoin(mark.x.cells(), ", ");
  }
}

}  // namespace

void NameRuns(const std::vector<RunFacts>& runs, const Reading& reading,
              Experiment& experiment) {
  std::map<std::string, RunSpec> specs;
  std::map<std::string, int64_t> samples;
  for (const RunFacts& run : runs) {
    const absl::StatusOr<RunSpec> spec = RunSpecFromJson(run.spec);
    if (spec.ok()) specs.emplace(run.run.cell, *spec);
    if (run.train_samples > 0) samples.emplace(run.run.cell, run.train_samples);
  }
  std::map<std::string, std::string> conventions;  // in words
  for (const Cell& cell : experiment.cells) {
    specs.emplace(cell.name, cell.spec);
    conventions[cell.name] = ConventionOf(reading, cell).Words();
  }
  const auto name = [&](const std::vector<std::string>& cells,
                        std::string& text, bool with_convention = true) {
    std::set<std::string> words;
    for (const std::string& cell : cells) {
      if (!conventions[cell].empty()) words.insert(conventions[cell]);
    }
    std::string named = Title(cells, specs);
    if (!words.empty() && with_convention) {
      absl::StrAppend(&named, " (variance read as ", absl::StrJoin(words, "; "),
                      ")");
      // These are of the text's ratio.
      absl::StrReplaceAll(
          {{"a tenth of the variance between the classes", "0.1"}}, &text);
    }
    absl::StrReplaceAll(
        {{"{runs}", named},
         {"{anchor}", words.empty() ? "means at T" : "as read"}},
        &text);
    return !words.empty();
  };
  std::vector<std::string> all;
  for (const Cell& cell : experiment.cells) all.push_back(cell.name);
  name(all, experiment.title, /*with_convention=*/false);
  for (Panel& panel : experiment.panels) {
    const bool read = name(CellsOf(panel), panel.title);
    if (read && panel.y_title == "variance ratio") panel.y_title = "variance";
    NameMarks(samples, panel);
  }
  for (Claim& claim : experiment.claims) {
    name(claim.statistic.cells(), claim.text);
  }
}

}  // namespace nclab
