#include "experiments/cli/batch.h"

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
#include "experiments/execution/outputs/reuse.h"
#include "experiments/records/run_directory.h"
#include "experiments/report/report.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"

DEFINE_string(
    out, "",
    "output directory; default: nclab-out/<experiment>, under another "
    "reading than text nclab-out/<experiment>-<reading>");
DEFINE_bool(plan, false, "print the runs and their estimated cost; run none");
DEFINE_bool(json, false, "with --plan: as JSON");

namespace nclab {
namespace {

// A plan's runs, each once, and what is left to do.
struct Work {
  std::vector<PlannedRun> runs;
  std::vector<RunSpec> open;
  size_t asked_anew = 0;  // that are through and are asked for more
  std::map<std::string, std::string> finished;  // elsewhere, by run
};

// Adds the plan's runs to `request`. `anew`: neither runs of other outputs are
// taken over nor, with `empties`, those of this one kept.
// \error as Questions::CheckStarted() and FindFinishedRun().
absl::StatusOr<Work> FindWork(const std::vector<PlanRun>& plan,
                              const std::string& out, bool anew, bool empties,
                              Questions& questions, ReportRequest& request) {
  Work work;
  std::set<std::string> planned;
  for (const PlanRun& run : plan) {
    const std::string name = RunName(run.spec);
    const std::string relative = absl::StrCat("runs/", name);
    request.runs.push_back({run.cell, run.spec.seed, relative});
    if (!planned.insert(relative).second) continue;  // two cells, one run
    work.runs.push_back({run.spec, absl::StrCat(out, "/", relative)});
    const RunDirectory there(work.runs.back().directory);
    if (!empties) {
      if (there.HasSpec()) {
        NCLAB_RETURN_IF_ERROR(questions.CheckStarted(there.path(), run.spec));
      }
      if (there.Through()) {
        NCLAB_ASSIGN_OR_RETURN(const Measurement before,
                               there.ReadMeasurement({}));
        work.asked_anew += !there.Diverged() && !Covers(before, run.spec);
        continue;
      }
    }
    if (!anew) {
      NCLAB_ASSIGN_OR_RETURN(
          const std::string from,
          FindFinishedRun(out, name, [&](const std::string& directory) {
            return questions.Fits(directory, run.spec);
          }));
      if (!from.empty() && !DirectoryExists(there.path())) {
        work.finished[name] = from;
        continue;
      }
    }
    work.open.push_back(run.spec);
  }
  return work;
}

absl::StatusOr<int> RunBatch(const BatchProgram& program,
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
  const std::string& name = program.name;
  NCLAB_ASSIGN_OR_RETURN(ExecutionOptions execution, BatchOptionsFromFlags());
  Questions questions(execution);
  const auto canonical = [&](const RunSpec& spec) {
    return questions.Canonical(spec);
  };
  NCLAB_ASSIGN_OR_RETURN(const Batch batch,
                         program.batch(execution, questions));
  const PlanChoices& choices = batch.choices;
  NCLAB_ASSIGN_OR_RETURN(const std::vector<PlanRun> plan,
                         MakePlan(batch.experiment, choices, canonical));
  const std::string reading =
      choices.reading == "text" ? "" : "-" + choices.reading;
  const std::string out =
      UserPath(FLAGS_out.empty() ? absl::StrCat("nclab-out/", name, reading)
                                 : FLAGS_out);
  NCLAB_RETURN_IF_ERROR(CheckOutput(out, name));
  NCLAB_RETURN_IF_ERROR(AddLauncher(name, out, questions, execution));

  // What is left to do, and whether it can be done, before anything is written.
  const bool begun_anew = HasBegunAnew(out);
  const bool empties = batch.fresh && !begun_anew;
  ReportRequest request{name, choices.preset, choices.overrides, {},
                        {},   command,        choices.reading};
  if (!choices.only.empty()) request.only = {choices.only};
  NCLAB_ASSIGN_OR_RETURN(const Work work,
                         FindWork(plan, out, batch.fresh || begun_anew, empties,
                                  questions, request));
  const Slots slots =
      ChooseSlots(execution, work.open.size(),
                  static_cast<int>(std::thread::hardware_concurrency()));
  Estimate estimate;
  std::optional<double> seconds;
  // What a step costs on a cluster's nodes cannot be measured here.
  if (!execution.slurm) {
    NCLAB_ASSIGN_OR_RETURN(
        estimate,
        EstimateRuns(work.open, questions, execution.fetch && !FLAGS_plan,
                     slots, FLAGS_plan));
    seconds = estimate.seconds;
  }
  std::map<std::string, RunSpec> shown;
  for (const PlanRun& run : plan) {
    if (!FLAGS_plan) break;
    NCLAB_ASSIGN_OR_RETURN(shown[RunName(run.spec)], questions.Shown(run.spec));
  }
  const PlanFacts facts = {
      name,
      choices.preset,
      plan,
      shown,
      work.finished,
      FLAGS_plan ? SharedRuns(name, plan, choices, canonical)
                 : std::map<std::string, std::vector<std::string>>(),
      work.open.size(),
      slots,
      /*estimated=*/seconds.has_value(),
      estimate};
  questions.End();
  if (FLAGS_plan) {
    std::printf("%s",
                FLAGS_json ? PlanJson(facts).c_str() : PlanText(facts).c_str());
    return kExitOk;
  }
  if (!estimate.missing.empty()) return MissingData(batch.experiment, facts);
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(out));
  // Others may work here, too, but not empty it meanwhile.
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(out + "/.lock");
  if (empties) {
    NCLAB_RETURN_IF_ERROR(lock.status());
    NCLAB_RETURN_IF_ERROR(EmptyOutput(out));
  } else if (batch.fresh) {
    std::fprintf(stderr,
                 "--fresh: %s was emptied before, and not all of it is done "
                 "since: going on with it (without %s/.fresh it would be "
                 "emptied again)\n",
                 out.c_str(), out.c_str());
  }
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/experiment.json", ToJson(request)));
  const std::string preset =
      choices.preset.empty() ? "" : ", preset " + choices.preset;
  std::fprintf(stderr, "%s%s: %zu of %zu runs to do%s. Output: %s\n",
               name.c_str(), preset.c_str(), work.open.size(), work.runs.size(),
               DescribeSlots(slots, seconds).c_str(), out.c_str());
  if (work.asked_anew > 0) {
    std::fprintf(stderr,
                 "%zu finished runs are asked for more: measured from what "
                 "they kept, without training\n",
                 work.asked_anew);
  }
  for (const PlannedRun& run : work.runs) {
    const auto from = work.finished.find(RunName(run.spec));
    if (from == work.finished.end()) continue;
    NCLAB_RETURN_IF_ERROR(AdoptRun(from->second, run));
    std::fprintf(stderr, "taken over: %s\n", from->second.c_str());
  }
  // Beside those that start from them.
  for (const auto& [spec, directory] : batch.parents) {
    NCLAB_RETURN_IF_ERROR(AdoptRun(
        directory, {spec, absl::StrCat(out, "/runs/", RunName(spec))}));
  }
  NCLAB_ASSIGN_OR_RETURN(const ExecutionResult result,
                         ExecuteRuns(work.runs, execution));
  if (result.stopped) {
    std::fprintf(stderr, "stopped, %s\n", result.advice.c_str());
    return kExitStopped;
  }
  if (result.failures.empty()) EndAnew(out);
  NCLAB_RETURN_IF_ERROR(PrintReport(out, request));
  return result.failures.empty() ? kExitOk : kExitFailed;
}

}  // namespace

int BatchMain(int argc, char** argv, const BatchProgram& program) {
  const std::string command = CommandLine(program.target, argc, argv);
  return RunMain(argc, argv,
                 {program.usage,
                  [&](const std::vector<std::string>&) {
                    return RunBatch(program, command);
                  },
                  /*flags_only=*/true});
}

}  // namespace nclab
