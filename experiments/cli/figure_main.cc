#include "experiments/cli/figure_main.h"

#include <gflags/gflags.h>

#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/cli/flags/estimate.h"
#include "experiments/cli/flags/launch_flags.h"
#include "experiments/cli/flags/output.h"
#include "experiments/cli/flags/plan_output.h"
#include "experiments/cli/flags/run_flags.h"
#include "experiments/execution/emptying.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/outputs/reuse.h"
#include "experiments/execution/questions.h"
#include "experiments/plan.h"
#include "experiments/records/run_directory.h"
#include "experiments/report/report.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/process/main.h"
#include "tools/base/process/signals.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

DEFINE_string(preset, "auto",
              "auto, paper, small, smoke or another of the figure's (a wrong "
              "one lists them); auto is paper on CUDA, small on the CPU");
DEFINE_string(reading, "text",
              "how the paper is read where it is silent: text, or another of "
              "the figure's (a wrong one lists them)");
DEFINE_string(out, "",
              "output directory; default: nclab-out/<figure>, of another "
              "reading than text nclab-out/<figure>-<reading>");
DEFINE_string(seeds, "", "as 0,1,2; default: the preset's");
DEFINE_string(only, "", "cells to run, as 'dataset=mnist,model=mlp'");
DEFINE_string(set, "",
              "(repeatable) settings of every run, as steps=2000,lr=0.01");
DEFINE_string(dataset, "", "another dataset for every cell");
DEFINE_string(model, "", "another model for every cell");
DEFINE_string(precision, "auto", "auto, fp32, tf32 or bf16");
DEFINE_bool(plan, false, "print the runs and their estimated cost; run none");
DEFINE_bool(json, false, "with --plan: as JSON");
DEFINE_bool(fresh, false,
            "into an emptied directory: run again what is already done; what a "
            "stop leaves behind goes on all the same");

namespace nclab {
namespace {

// --set as keys and values. Commas separate settings, and the words of a list:
// "steps=20,layers=fc1,fc2".
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Settings(
    const std::string& text) {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const std::string& word : SplitList(text)) {
    const size_t equals = word.find('=');
    // Of "knn(k=3)" the "=" is not the setting's.
    if (equals < word.find('(')) {
      settings.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    } else if (!settings.empty()) {
      absl::StrAppend(&settings.back().second, ",", word);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "--set has '", word, "'; expected key=value, as steps=2000."));
    }
  }
  return settings;
}

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
  NCLAB_ASSIGN_OR_RETURN(choices.overrides, Settings(FLAGS_set));
  if (!FLAGS_dataset.empty()) {
    choices.overrides.emplace_back("dataset", FLAGS_dataset);
  }
  if (!FLAGS_model.empty()) {
    choices.overrides.emplace_back("model", FLAGS_model);
  }
  if (FLAGS_precision != "auto") {
    choices.overrides.emplace_back("precision", FLAGS_precision);
  }
  return choices;
}

absl::StatusOr<int> RunFigure(const std::string& name,
                              const std::string& command) {
  // Longer than a worker takes, so that it is waited for.
  NCLAB_RETURN_IF_ERROR(BeStoppable(absl::Seconds(9)));
  if (FLAGS_json && !FLAGS_plan) {
    return absl::InvalidArgumentError(
        "--json is for --plan. The numbers of a finished figure are in "
        "claims.json and figure.csv.");
  }
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::ERROR;
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Experiments().Find(name));
  const Experiment experiment = entry->factory();
  NCLAB_ASSIGN_OR_RETURN(ExecutionOptions execution, BatchOptionsFromFlags());
  Questions questions(execution);
  const auto canonical = [&](const RunSpec& spec) {
    return questions.Canonical(spec);
  };
  NCLAB_ASSIGN_OR_RETURN(const PlanChoices choices,
                         ChoicesFromFlags(execution.device, questions));
  NCLAB_ASSIGN_OR_RETURN(const std::vector<PlanRun> plan,
                         MakePlan(experiment, choices, canonical));
  const std::string out = UserPath(
      FLAGS_out.empty()
          ? absl::StrCat("nclab-out/", name,
                         FLAGS_reading == "text" ? "" : "-" + FLAGS_reading)
          : FLAGS_out);
  NCLAB_RETURN_IF_ERROR(CheckOutput(out, name));
  NCLAB_RETURN_IF_ERROR(AddLauncher(name, out, questions, execution));

  const bool begun_anew = HasBegunAnew(out);
  const bool empties = FLAGS_fresh && !begun_anew;

  // What is left to do, and whether it can be done, before anything is written.
  ReportRequest request{name, choices.preset, choices.overrides, {},
                        {},   command,        choices.reading};
  if (!FLAGS_only.empty()) request.only = {FLAGS_only};
  std::vector<PlannedRun> runs;
  std::vector<RunSpec> open;
  std::map<std::string, std::string> finished;  // elsewhere, by run
  std::set<std::string> planned;
  for (const PlanRun& run : plan) {
    const std::string name_of_run = RunName(run.spec);
    const std::string relative = absl::StrCat("runs/", name_of_run);
    request.runs.push_back({run.cell, run.spec.seed, relative});
    if (!planned.insert(relative).second) continue;  // two cells, one run
    runs.push_back({run.spec, absl::StrCat(out, "/", relative)});
    if (!empties) {
      const RunDirectory there(runs.back().directory);
      if (there.HasSpec()) {
        NCLAB_RETURN_IF_ERROR(questions.CheckStarted(there.path(), run.spec));
      }
      if (there.Through()) continue;
    }
    if (!FLAGS_fresh && !begun_anew) {
      NCLAB_ASSIGN_OR_RETURN(
          const std::string from,
          FindFinishedRun(out, name_of_run, [&](const std::string& directory) {
            return questions.Fits(directory, run.spec);
          }));
      if (!from.empty() && !DirectoryExists(runs.back().directory)) {
        finished[name_of_run] = from;
        continue;
      }
    }
    open.push_back(run.spec);
  }
  const Slots slots =
      ChooseSlots(execution, open.size(),
                  static_cast<int>(std::thread::hardware_concurrency()));
  Estimate estimate;
  std::optional<double> seconds;
  // What a step costs on a cluster's nodes cannot be measured here.
  if (!execution.slurm) {
    NCLAB_ASSIGN_OR_RETURN(
        estimate, EstimateRuns(open, questions, execution.fetch && !FLAGS_plan,
                               slots, FLAGS_plan));
    seconds = estimate.seconds;
  }
  const PlanFacts facts = {
      name,
      choices.preset,
      plan,
      finished,
      FLAGS_plan ? SharedRuns(name, plan, choices, canonical)
                 : std::map<std::string, std::vector<std::string>>(),
      open.size(),
      slots,
      /*estimated=*/seconds.has_value(),
      estimate};
  questions.End();
  if (FLAGS_plan) {
    std::printf("%s",
                FLAGS_json ? PlanJson(facts).c_str() : PlanText(facts).c_str());
    return kExitOk;
  }
  if (!estimate.missing.empty()) return MissingData(experiment, facts);
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(out));
  // Others may work here, too, but not empty it meanwhile.
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(out + "/.lock");
  if (empties) {
    NCLAB_RETURN_IF_ERROR(lock.status());
    NCLAB_RETURN_IF_ERROR(EmptyOutput(out));
  } else if (FLAGS_fresh) {
    std::fprintf(stderr,
                 "--fresh: %s was emptied before, and not all of it is done "
                 "since: going on with it (without %s/.fresh it would be "
                 "emptied again)\n",
                 out.c_str(), out.c_str());
  }
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/experiment.json", ToJson(request)));
  std::fprintf(stderr, "%s, preset %s: %zu of %zu runs to do%s. Output: %s\n",
               name.c_str(), choices.preset.c_str(), open.size(), runs.size(),
               DescribeSlots(slots, seconds).c_str(), out.c_str());
  for (const PlannedRun& run : runs) {
    const auto from = finished.find(RunName(run.spec));
    if (from != finished.end()) {
      NCLAB_RETURN_IF_ERROR(AdoptRun(from->second, run));
      std::fprintf(stderr, "taken over: %s\n", from->second.c_str());
    }
  }
  NCLAB_ASSIGN_OR_RETURN(const ExecutionResult result,
                         ExecuteRuns(runs, execution));
  if (result.stopped) {
    std::fprintf(stderr, "stopped, %s\n", result.advice.c_str());
    return kExitStopped;
  }
  if (result.failures.empty()) EndAnew(out);
  absl::Status drawing;
  NCLAB_ASSIGN_OR_RETURN(const std::vector<Judgement> judgements,
                         WriteReport(out, request, &drawing));
  std::printf("%s%s/report.html\n", VerdictLines(judgements).c_str(),
              out.c_str());
  NCLAB_RETURN_IF_ERROR(drawing);
  return result.failures.empty() ? kExitOk : kExitFailed;
}

}  // namespace

int FigureMain(const std::string& name, int argc, char** argv) {
  const std::string command = CommandLine("//experiments:" + name, argc, argv);
  return RunMain(
      argc, argv,
      {absl::StrCat("Runs ", name,
                    " of arXiv 2202.08384 and writes its figure, "
                    "claims and report.\n\n  ",
                    name, " --preset=small"),
       [&](const std::vector<std::string>& args) -> absl::StatusOr<int> {
         if (!args.empty()) {
           return absl::InvalidArgumentError(
               absl::StrCat(name, " takes flags only; what is '", args[0],
                            "'? See --help."));
         }
         return RunFigure(name, command);
       }});
}

}  // namespace nclab
