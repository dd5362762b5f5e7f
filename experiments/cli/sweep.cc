// //tools:sweep: the product of choices as one batch of runs.
#include <gflags/gflags.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "experiments/cli/estimate.h"
#include "experiments/cli/launch_flags.h"
#include "experiments/cli/run_flags.h"
#include "experiments/cli/spec_flags.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/reuse.h"
#include "experiments/experiment.h"
#include "experiments/report/figure.h"
#include "experiments/training/run_directory.h"
#include "experiments/training/run_spec.h"
#include "tools/base/errors.h"
#include "tools/base/files.h"
#include "tools/base/logging.h"
#include "tools/base/main.h"
#include "tools/base/numbers.h"
#include "tools/base/signals.h"
#include "tools/base/status_macros.h"
#include "tools/draw/render.h"

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
    for (const int64_t seed : seeds) all.push_back(absl::StrCat(seed));
    return all;
  }
  NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         ExpandBraces(text));
  for (const std::string& one : texts) {
    for (const std::string& word : SplitList(one)) {
      if (std::find(all.begin(), all.end(), word) == all.end()) {
        all.push_back(word);
      }
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
absl::Status BringParent(const std::string& runs_directory) {
  if (FLAGS_init_from.empty()) return absl::OkStatus();
  const std::string from = UserPath(FLAGS_init_from);
  NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadFile(from + "/spec.json"));
  NCLAB_ASSIGN_OR_RETURN(const RunSpec spec, RunSpecFromJson(text));
  return AdoptRun(from,
                  {spec, absl::StrCat(runs_directory, "/", RunName(spec))});
}

// The product of all flags, the last one fastest.
absl::StatusOr<std::vector<SweepRun>> Product() {
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
  for (SweepRun& run : runs) {
    NCLAB_ASSIGN_OR_RETURN(run.spec, Canonical(run.spec));
    if (run.cell.empty()) run.cell = "all";
  }
  return runs;
}

// The columns of the table: what is drawn over the steps, at the end.
struct Column {
  const char* title;
  Quantity quantity;
  bool drawn;
};

std::vector<Column> Columns() {
  return {{"train loss", {"loss", "train", "", ""}, false},
          {"train accuracy", {"accuracy", "train", "", ""}, false},
          {"test accuracy", {"accuracy", "test", "", ""}, true},
          {"TrainVariance", TrainVariance(), true},
          {"StrongTestVariance", StrongTestVariance(), true}};
}

std::optional<double> AtEnd(const std::vector<MetricRow>& rows,
                            const Quantity& quantity) {
  const auto range = StepRange(rows);
  if (!range) return std::nullopt;
  return FindValue(rows, range->second, quantity, quantity.layers);
}

// sweep.csv, a row per run; and the table of means, a row per cell.
absl::Status WriteTable(const std::string& out,
                        const std::vector<SweepRun>& runs,
                        const std::map<int64_t, SeedRows>& rows) {
  std::string csv = "run,cell,seed";
  std::printf("%4s", "runs");
  for (const Column& column : Columns()) {
    absl::StrAppend(&csv, ",", column.title);
    std::printf("  %18s", column.title);
  }
  std::printf("  cell\n");
  csv += '\n';
  std::vector<std::string> cells;
  std::map<std::string, std::vector<std::vector<double>>> values;
  std::map<std::string, int> done;
  for (const SweepRun& run : runs) {
    auto& columns = values[run.cell];
    if (columns.empty()) cells.push_back(run.cell);
    columns.resize(Columns().size());
    const std::vector<MetricRow>& of_run = rows.at(run.spec.seed).at(run.cell);
    done[run.cell] += of_run.empty() ? 0 : 1;
    absl::StrAppend(&csv, RunName(run.spec), ",\"", run.cell, "\",",
                    run.spec.seed);
    for (size_t i = 0; i < columns.size(); ++i) {
      const auto value = AtEnd(of_run, Columns()[i].quantity);
      absl::StrAppend(&csv, ",", value ? FormatDouble(*value) : "nan");
      if (value) columns[i].push_back(*value);
    }
    csv += '\n';
  }
  for (const std::string& cell : cells) {
    std::printf("%4d", done[cell]);
    for (const std::vector<double>& column : values[cell]) {
      double sum = 0;
      for (const double value : column) sum += value;
      std::printf("  %18s",
                  column.empty()
                      ? "none"
                      : absl::StrFormat(
                            "%.4g", sum / static_cast<double>(column.size()))
                            .c_str());
    }
    std::printf("  %s\n", cell.c_str());
  }
  return WriteFileAtomically(out + "/sweep.csv", csv);
}

// figure.{svg,png,pdf,csv,vl.json}: a panel per drawn column, a curve per cell.
absl::Status Draw(const std::string& out, const std::vector<SweepRun>& runs,
                  const std::map<int64_t, SeedRows>& rows) {
  Experiment sweep;
  sweep.title = "Sweep";
  sweep.columns = 3;
  std::set<std::string> cells;
  for (const SweepRun& run : runs) {
    if (!cells.insert(run.cell).second) continue;
    sweep.cells.push_back({run.cell, run.spec});
  }
  for (const Column& column : Columns()) {
    if (!column.drawn) continue;
    Panel panel;
    panel.id = column.title;
    panel.title = column.title;
    panel.x_title = "SGD iterations";
    panel.y_title = column.title;
    panel.log_y = column.quantity.metric == "variance_ratio";
    for (const Cell& cell : sweep.cells) {
      panel.curves.push_back({cell.name, column.quantity, cell.name});
    }
    sweep.panels.push_back(std::move(panel));
  }
  const auto points = PlottedPoints(sweep, rows);
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/figure.csv", PointsToCsv(points)));
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/figure.vl.json", ToVegaLite(sweep, points)));
  return RenderFigure(out).status();
}

absl::StatusOr<int> Sweep() {
  // Longer than a worker takes, so that it is waited for.
  NCLAB_RETURN_IF_ERROR(BeStoppable(absl::Seconds(9)));
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::ERROR;
  NCLAB_ASSIGN_OR_RETURN(ExecutionOptions execution,
                         ExecutionOptionsFromFlags());
  NCLAB_ASSIGN_OR_RETURN(const std::vector<SweepRun> runs, Product());
  const std::string out = UserPath(FLAGS_out);
  NCLAB_RETURN_IF_ERROR(AddLauncher("sweep", out, execution));
  std::vector<PlannedRun> planned;
  std::vector<RunSpec> open;
  std::set<std::string> names;
  for (const SweepRun& run : runs) {
    if (!names.insert(RunName(run.spec)).second) continue;
    planned.push_back(
        {run.spec, absl::StrCat(out, "/runs/", RunName(run.spec))});
    if (!RunDirectory(planned.back().directory).Done()) {
      open.push_back(run.spec);
    }
  }
  const Slots slots =
      ChooseSlots(execution, open.size(),
                  static_cast<int>(std::thread::hardware_concurrency()));
  // What a step costs on the cluster's nodes cannot be measured here.
  std::optional<double> seconds;
  if (!execution.slurm) {
    NCLAB_ASSIGN_OR_RETURN(seconds, EstimateSeconds(open, execution, slots));
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
  std::fprintf(stderr, "%s. Output: %s\n", work.c_str(), out.c_str());
  NCLAB_RETURN_IF_ERROR(BringParent(out + "/runs"));
  NCLAB_ASSIGN_OR_RETURN(const ExecutionResult result,
                         ExecuteRuns(planned, execution));
  if (result.stopped) {
    std::fprintf(stderr, "stopped, %s\n", result.advice.c_str());
    return kExitStopped;
  }
  std::map<int64_t, SeedRows> rows;
  for (const SweepRun& run : runs) {
    const RunDirectory directory(
        absl::StrCat(out, "/runs/", RunName(run.spec)));
    std::vector<MetricRow>& of_run = rows[run.spec.seed][run.cell];
    if (!directory.Done()) continue;
    NCLAB_ASSIGN_OR_RETURN(of_run, directory.ReadMetrics());
  }
  NCLAB_RETURN_IF_ERROR(WriteTable(out, runs, rows));
  NCLAB_RETURN_IF_ERROR(Draw(out, runs, rows));
  std::printf("%s/sweep.csv\n%s/figure.svg\n", out.c_str(), out.c_str());
  return result.failures.empty() ? kExitOk : kExitFailed;
}

absl::StatusOr<int> Run(const std::vector<std::string>& arguments) {
  if (!arguments.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sweep takes flags only; what is '", arguments[0], "'? See --help."));
  }
  return IsWorker() ? WorkerFromFlags() : Sweep();
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Runs the product of choices: commas and braces separate the values of "
       "a flag. One table and one picture at the end.\n\n"
       "  sweep --model='mlp(width={256,1024})' --lr=0.001,0.01 --seed=0..4",
       nclab::Run});
}
