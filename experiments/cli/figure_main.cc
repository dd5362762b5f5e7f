#include "experiments/cli/figure_main.h"

#include <gflags/gflags.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/cli/batch.h"
#include "experiments/cli/flags/launch_flags.h"
#include "experiments/spec/fields.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

DEFINE_string(preset, "auto",
              "auto, paper, small, smoke or another of the figure's (a wrong "
              "one lists them); auto is paper on CUDA, small on the CPU");
DEFINE_string(reading, "text",
              "how the paper is read where it is silent: text, or another of "
              "the figure's (a wrong one lists them)");
DEFINE_string(seeds, "", "as 0,1,2; default: the preset's");
DEFINE_string(only, "", "cells to run, as 'dataset=mnist,model=mlp'");
DEFINE_string(set, "",
              "(repeatable) settings of every run, as steps=2000,lr=0.01 or "
              "optimizer.weight_decay=5e-4");
DEFINE_string(dataset, "", "another dataset for every cell");
DEFINE_string(model, "", "another model for every cell");
DEFINE_string(precision, "auto", "auto, fp32, tf32 or bf16");
DEFINE_bool(fresh, false,
            "into an emptied directory: run again what is already done; what a "
            "stop leaves behind goes on all the same");

namespace nclab {
namespace {

absl::StatusOr<PlanChoices> ChoicesFromFlags(const std::string& device,
                                             Questions& questions) {
  PlanChoices choices;
  choices.preset = FLAGS_preset;
  if (choices.preset == "auto") {
    NCLAB_ASSIGN_OR_RETURN(choices.preset, AutoPreset(device, questions));
  }
  if (!FLAGS_seeds.empty()) {
    NCLAB_ASSIGN_OR_RETURN(choices.seeds, ParseIntList("--seeds", FLAGS_seeds));
  }
  choices.reading = FLAGS_reading;
  choices.only = FLAGS_only;
  if (!FLAGS_dataset.empty()) {
    choices.overrides.emplace_back("dataset", FLAGS_dataset);
  }
  if (!FLAGS_model.empty()) {
    choices.overrides.emplace_back("model", FLAGS_model);
  }
  NCLAB_ASSIGN_OR_RETURN(const auto settings, ParseSettings(FLAGS_set));
  choices.overrides.insert(choices.overrides.end(), settings.begin(),
                           settings.end());
  if (FLAGS_precision != "auto") {
    choices.overrides.emplace_back("precision", FLAGS_precision);
  }
  return choices;
}

}  // namespace

int FigureMain(const std::string& name, const std::string& target, int argc,
               char** argv) {
  const auto found = Experiments().Find(name);
  return BatchMain(
      argc, argv,
      {name, target,
       absl::StrCat("Runs ", name,
                    found.ok() ? absl::StrCat(" (", (*found)->info.reference,
                                              ": ", (*found)->info.summary, ")")
                               : "",
                    " and writes its figure, claims and report.\n\n  ", name,
                    " --preset=small"),
       [&](const ExecutionOptions& execution,
           Questions& questions) -> absl::StatusOr<Batch> {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry, Experiments().Find(name));
         NCLAB_ASSIGN_OR_RETURN(PlanChoices choices,
                                ChoicesFromFlags(execution.device, questions));
         return Batch{entry->factory(), std::move(choices), FLAGS_fresh};
       }});
}

}  // namespace nclab
