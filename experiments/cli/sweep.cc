// //tools:sweep: the product of choices as one batch of runs.
#include <gflags/gflags.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/cli/flags/estimate.h"
#include "experiments/cli/flags/launch_flags.h"
#include "experiments/cli/flags/output.h"
#include "experiments/cli/flags/run_flags.h"
#include "experiments/cli/flags/spec_flags.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/outputs/reuse.h"
#include "experiments/execution/questions.h"
#include "experiments/records/run_directory.h"
#include "experiments/report/sweep_report.h"
#include "experiments/spec/run_spec.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/process/main.h"
#include "tools/base/process/signals.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

DEFINE_string(out, "nclab-out/sweep", "output directory");
DEFINE_bool(plan, false, "print the runs and their estimated cost; run none");
DEFINE_string(init_from, "",
              "finished run directory from whose checkpoints the runs start");
DEFINE_string(init_step, "",
              "steps of those checkpoints, as 0,100,1000; default: its last");

namespace nclab {
namespace {

// "a{1,2}b" -> "a1b", "a2b"; braces do not nest.
absl::StatusOr<std::vector<std::string>> ExpandBraces(const std::string& text) {
  const size_t open = text.find_first_of("{}");
  if (open == std::string::npos) return std::vector<std::string>{text};
  const size_t close = text.find_first_of("{}", open + 1);
  if (text[open] != '{' || close == std::string::npos || text[close] != '}') {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text,
        "' has a brace without its partner; expected {first,second}."));
  }
  std::vector<std::string> all;
  NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> tails,
                         ExpandBraces(text.substr(close + 1)));
  for (const std::string& word :
       SplitList(text.substr(open + 1, close - open - 1))) {
    for (const std::string& tail : tails) {
      all.push_back(absl::StrCat(text.substr(0, open), word, tail));
    }
  }
  return all;
}

absl::Status AddOnce(const std::string& key, const std::string& value,
                     std::vector<std::string>& all) {
  if (std::find(all.begin(), all.end(), value) != all.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", key, " names ", value, " twice. Name it once."));
  }
  all.push_back(value);
  return absl::OkStatus();
}

// The values that a flag asks for. Lists stay one value.
absl::StatusOr<std::vector<std::string>> Alternatives(const std::string& key,
                                                      const std::string& text) {
  if (key == "metrics" || key == "layers" || key == "save_steps") {
    return std::vector<std::string>{text};
  }
  std::vector<std::string> all;
  if (key == "seed") {
    NCLAB_ASSIGN_OR_RETURN(const std::vector<int64_t> seeds,
                           ParseIntList("--seed", text));
    for (const int64_t seed : seeds) {
      NCLAB_RETURN_IF_ERROR(AddOnce(key, absl::StrCat(seed), all));
    }
    return all;
  }
  NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         ExpandBraces(text));
  for (const std::string& one : texts) {
    for (const std::string& word : SplitList(one)) {
      NCLAB_RETURN_IF_ERROR(AddOnce(key, word, all));
    }
  }
  return all;
}

struct SweepRun {
  std::string cell;  // what varies, without the seed
  RunSpec spec;      // canonical
};

// Where the runs start: new weights, or checkpoints of --init_from.
absl::StatusOr<std::vector<SweepRun>> Starts() {
  if (FLAGS_init_from.empty()) {
    if (FLAGS_init_step.empty()) return std::vector<SweepRun>{{"", {}}};
    return absl::InvalidArgumentError("--init_step needs --init_from.");
  }
  const RunDirectory parent(UserPath(FLAGS_init_from));
  RunSpec spec;
  NCLAB_ASSIGN_OR_RETURN(spec.init_from, ReadFile(parent.File("spec.json")));
  NCLAB_ASSIGN_OR_RETURN(const RunSpec parent_spec,
                         RunSpecFromJson(spec.init_from));
  if (!parent.Done()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--init_from: the run ", parent.path(), " has not finished."));
  }
  std::vector<int64_t> steps = {parent_spec.steps};
  if (!FLAGS_init_step.empty()) {
    NCLAB_ASSIGN_OR_RETURN(steps, ParseIntList("--init_step", FLAGS_init_step));
  }
  std::vector<SweepRun> starts;
  for (const int64_t step : steps) {
    spec.init_step = step;
    starts.push_back(
        {steps.size() > 1 ? absl::StrCat("init_step=", step) : "", spec});
  }
  return starts;
}

// Puts the run that the others start from beside them.
absl::Status BringParent(const std::string& runs_directory,
                         Questions& questions) {
  if (FLAGS_init_from.empty()) return absl::OkStatus();
  const std::string from = UserPath(FLAGS_init_from);
  NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadFile(from + "/spec.json"));
  NCLAB_ASSIGN_OR_RETURN(const RunSpec written, RunSpecFromJson(text));
  NCLAB_ASSIGN_OR_RETURN(const RunSpec spec, questions.Canonical(written));
  return AdoptRun(from,
                  {spec, absl::StrCat(runs_directory, "/", RunName(spec))});
}

// The product of all flags, the last one fastest.
absl::StatusOr<std::vector<SweepRun>> Product(Questions& questions) {
  NCLAB_ASSIGN_OR_RETURN(std::vector<SweepRun> runs, Starts());
  for (const auto& [key, text] : SpecFieldsFromFlags()) {
    NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> values,
                           Alternatives(key, text));
    if (values.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", key, "='", text, "' names no value."));
    }
    std::vector<SweepRun> next;
    for (const SweepRun& run : runs) {
      for (const std::string& value : values) {
        SweepRun one = run;
        NCLAB_RETURN_IF_ERROR(SetField(one.spec, key, value));
        if (values.size() > 1 && key != "seed") {
          absl::StrAppend(&one.cell, one.cell.empty() ? "" : ", ", key, "=",
                          value);
        }
        next.push_back(std::move(one));
      }
    }
    runs = std::move(next);
  }
  // Two cells that are one run would count it twice.
  std::map<std::string, std::string> cells;
  for (SweepRun& run : runs) {
    NCLAB_ASSIGN_OR_RETURN(run.spec, questions.Canonical(run.spec));
    if (run.cell.empty()) run.cell = "all";
    const auto [first, is_new] = cells.emplace(ToJson(run.spec), run.cell);
    if (!is_new) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", first->second, "' and '", run.cell,
                       "' are the same run. Name every value once."));
    }
  }
  return runs;
}

absl::StatusOr<int> Sweep(const std::string& command) {
  // Longer than a worker takes, so that it is waited for.
  NCLAB_RETURN_IF_ERROR(BeStoppable(absl::Seconds(9)));
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::ERROR;
  NCLAB_ASSIGN_OR_RETURN(ExecutionOptions execution, BatchOptionsFromFlags());
  Questions questions(execution);
  NCLAB_ASSIGN_OR_RETURN(const std::vector<SweepRun> runs, Product(questions));
  const std::string out = UserPath(FLAGS_out);
  NCLAB_RETURN_IF_ERROR(CheckOutput(out, kSweep));
  NCLAB_RETURN_IF_ERROR(AddLauncher(kSweep, out, questions, execution));
  ReportRequest request;
  request.experiment = kSweep;
  request.command = command;
  std::vector<PlannedRun> planned;
  std::vector<RunSpec> open;
  for (const SweepRun& run : runs) {
    const std::string relative = absl::StrCat("runs/", RunName(run.spec));
    request.runs.push_back({run.cell, run.spec.seed, relative});
    planned.push_back({run.spec, absl::StrCat(out, "/", relative)});
    const RunDirectory there(planned.back().directory);
    if (there.HasSpec()) {
      NCLAB_RETURN_IF_ERROR(questions.CheckStarted(there.path(), run.spec));
    }
    if (!there.Through()) open.push_back(run.spec);
  }
  const Slots slots =
      ChooseSlots(execution, open.size(),
                  static_cast<int>(std::thread::hardware_concurrency()));
  // What a step costs on the cluster's nodes cannot be measured here.
  std::optional<double> seconds;
  if (!execution.slurm) {
    NCLAB_ASSIGN_OR_RETURN(
        seconds, EstimateSeconds(open, questions, execution.fetch, slots));
  }
  const std::string work =
      absl::StrCat(open.size(), " of ", planned.size(), " runs to do",
                   DescribeSlots(slots, seconds));
  if (FLAGS_plan) {
    for (const SweepRun& run : runs) {
      std::printf("%s  seed %ld, %s\n", RunName(run.spec).c_str(),
                  run.spec.seed, run.cell.c_str());
    }
    std::printf("%s\n", work.c_str());
    return kExitOk;
  }
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(out));
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/experiment.json", ToJson(request)));
  std::fprintf(stderr, "%s. Output: %s\n", work.c_str(), out.c_str());
  NCLAB_RETURN_IF_ERROR(BringParent(out + "/runs", questions));
  questions.End();
  NCLAB_ASSIGN_OR_RETURN(const ExecutionResult result,
                         ExecuteRuns(planned, execution));
  if (result.stopped) {
    std::fprintf(stderr, "stopped, %s\n", result.advice.c_str());
    return kExitStopped;
  }
  absl::Status drawing;
  NCLAB_ASSIGN_OR_RETURN(const std::string table,
                         WriteSweepReport(out, request, &drawing));
  std::printf("%s%s/sweep.csv\n%s/report.html\n", table.c_str(), out.c_str(),
              out.c_str());
  NCLAB_RETURN_IF_ERROR(drawing);
  return result.failures.empty() ? kExitOk : kExitFailed;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  const std::string command = nclab::CommandLine("//tools:sweep", argc, argv);
  return nclab::RunMain(
      argc, argv,
      {"Runs the product of choices: commas and braces separate the values of "
       "a flag. One table and one picture at the end.\n\n"
       "  sweep --model='mlp(width={256,1024})' --lr=0.001,0.01 --seed=0..4",
       [&](const std::vector<std::string>&) { return nclab::Sweep(command); },
       /*flags_only=*/true});
}
