// //tools:runs: the table of runs under a directory.
#include <gflags/gflags.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/experiment.h"
#include "experiments/records/manifest.h"
#include "experiments/records/progress.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/fields.h"
#include "experiments/spec/run_spec.h"
#include "nlohmann/json.hpp"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/json.h"
#include "tools/base/text/numbers.h"

DEFINE_bool(json, false, "as JSON");

namespace nclab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What is shown of a run's last evaluation: one line each.
struct Column {
  const char* key;    // in the JSON
  const char* title;  // of the table
  Quantity quantity;
  // Its anchor is T's means where the run is done, own means otherwise.
  bool of_means = false;
};

const std::vector<Column>& Columns() {
  static const auto* const columns = new std::vector<Column>{
      {"train_loss", "loss", {"loss", "train", "", ""}},
      {"train_accuracy", "train acc", {"accuracy", "train", "", ""}},
      {"test_accuracy", "test acc", {"accuracy", "test", "", ""}},
      {"train_variance",
       "train var",
       {"variance_ratio", "train", "", "features"},
       true},
      {"test_variance",
       "test var",
       {"variance_ratio", "test", "", "features"},
       true},
  };
  return *columns;
}

struct RunFacts {
  std::string directory;  // relative to the one asked for
  // done, diverged, failed, running (a process holds it), stopped (goes on when
  // asked), waiting (nothing saved yet) or unreadable.
  std::string state;
  std::string reason;  // of diverged, failed and unreadable
  std::string recipe;  // DescribeRecipe(); "" of an unreadable one
  int64_t step = 0, steps = 0;
  double rate = std::nan("");  // steps per second
  // By column.
  std::vector<std::optional<double>> values =
      std::vector<std::optional<double>>(Columns().size());
};

RunFacts Look(const fs::path& root, const fs::path& path) {
  RunFacts facts;
  facts.directory = path.lexically_relative(root).string();
  const RunDirectory directory(path.string());
  const absl::StatusOr<std::string> text =
      ReadFile(directory.File("spec.json"));
  const absl::StatusOr<RunSpec> spec =
      text.ok() ? RunSpecFromJson(*text) : text.status();
  if (!spec.ok()) {
    facts.state = "unreadable";
    facts.reason = std::string(spec.status().message());
    return facts;
  }
  const Progress progress = ReadProgressFile(directory.path());
  facts.recipe =
      DescribeRecipe(WithChoices(*spec, ChoicesInManifest(directory.path())));
  facts.steps = spec->steps;
  facts.step = progress.step;
  facts.reason = directory.FailureReason();
  if (directory.Done()) {
    facts.state = "done";
    facts.reason = "";
  } else if (directory.Diverged()) {
    facts.state = "diverged";
    facts.step = directory.DivergedAt();
  } else if (FileLock::IsHeld(directory.File(".lock"))) {
    facts.state = "running";
    facts.reason = "";
    facts.rate = progress.steps_per_second;
  } else if (!facts.reason.empty()) {
    facts.state = "failed";
  } else {
    const std::vector<int64_t> checkpoints = directory.CheckpointSteps();
    facts.state = checkpoints.empty() ? "waiting" : "stopped";
    facts.step = checkpoints.empty() ? 0 : checkpoints.back();
  }
  const absl::StatusOr<std::vector<MetricRow>> rows = directory.ReadMetrics();
  const auto range = rows.ok() ? StepRange(*rows) : std::nullopt;
  if (!range) return facts;
  if (facts.state == "done") facts.step = range->second;
  for (size_t i = 0; i < Columns().size(); ++i) {
    Quantity quantity = Columns()[i].quantity;
    if (Columns()[i].of_means) {
      quantity.anchor = facts.state == "done" ? "final" : "own";
    }
    facts.values[i] = ValueAtEnd(*rows, quantity);
  }
  return facts;
}

// Adds the runs in `directory` and below it, also behind links, each once:
// `seen` has the true names of the directories so far. A run holds no other.
absl::Status FindRuns(const fs::path& directory, std::set<fs::path>& seen,
                      std::vector<fs::path>& found) {
  std::error_code error;
  if (!seen.insert(fs::canonical(directory, error)).second) {
    return absl::OkStatus();
  }
  if (FileExists((directory / "spec.json").string())) {
    found.push_back(directory);
    return absl::OkStatus();
  }
  std::vector<fs::path> below;
  auto it = fs::directory_iterator(
      directory, fs::directory_options::skip_permission_denied, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    if (DirectoryExists(it->path().string())) below.push_back(it->path());
  }
  if (error) {
    return absl::FailedPreconditionError(absl::StrCat(
        "Cannot look through ", directory.string(), ": ", error.message()));
  }
  std::sort(below.begin(), below.end());
  for (const fs::path& one : below) {
    NCLAB_RETURN_IF_ERROR(FindRuns(one, seen, found));
  }
  return absl::OkStatus();
}

// Every run below `root`, or `root` itself if it is one.
absl::StatusOr<std::vector<RunFacts>> LookUnder(const std::string& root) {
  if (!DirectoryExists(root)) {
    return absl::NotFoundError(absl::StrCat(
        root, " is not a directory; expected one with runs, as nclab-out."));
  }
  std::vector<fs::path> found;
  std::set<fs::path> seen;
  NCLAB_RETURN_IF_ERROR(FindRuns(root, seen, found));
  if (found.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "No run under ", root, ": no directory there has a spec.json."));
  }
  std::sort(found.begin(), found.end());
  std::vector<RunFacts> facts;
  for (const fs::path& path : found) facts.push_back(Look(root, path));
  return facts;
}

std::string Remaining(const RunFacts& run) {
  if (!(run.rate > 0)) return "";
  return DescribeDuration(
      absl::Seconds(static_cast<double>(run.steps - run.step) / run.rate));
}

void PrintJson(const std::vector<RunFacts>& runs) {
  Json all = Json::array();
  for (const RunFacts& run : runs) {
    Json json = {{"directory", run.directory},
                 {"state", run.state},
                 {"reason", run.reason},
                 {"recipe", run.recipe},
                 {"step", run.step},
                 {"steps", run.steps},
                 {"steps_per_second", run.rate}};
    for (size_t i = 0; i < Columns().size(); ++i) {
      json[Columns()[i].key] = run.values[i] ? Json(*run.values[i]) : Json();
    }
    all.push_back(std::move(json));
  }
  std::printf("%s", JsonText(Json{{"runs", all}}).c_str());
}

void PrintTable(const std::vector<RunFacts>& runs) {
  size_t width = 3;
  std::map<std::string, int> states;
  for (const RunFacts& run : runs) {
    width = std::max(width, run.directory.size());
    ++states[run.state];
  }
  const int name_width = static_cast<int>(width);
  std::printf("%-*s  %-10s %15s %8s %-12s", name_width, "run", "state", "step",
              "steps/s", "ETA");
  for (const Column& column : Columns()) std::printf(" %9s", column.title);
  std::printf("  recipe\n");
  for (const RunFacts& run : runs) {
    std::printf("%-*s  %-10s %15s %8s %-12s", name_width, run.directory.c_str(),
                run.state.c_str(),
                absl::StrCat(run.step, "/", run.steps).c_str(),
                run.rate > 0 ? absl::StrFormat("%.1f", run.rate).c_str() : "",
                Remaining(run).c_str());
    for (const std::optional<double>& value : run.values) {
      std::printf(" %9s", value ? absl::StrFormat("%.4g", *value).c_str() : "");
    }
    std::printf("  %s\n", run.recipe.c_str());
    if (!run.reason.empty()) {
      std::printf("    %s\n", run.reason.c_str());
    }
  }
  std::string total;
  for (const auto& [state, count] : states) {
    absl::StrAppend(&total, total.empty() ? "" : ", ", count, " ", state);
  }
  std::printf("%zu runs: %s\n", runs.size(), total.c_str());
}

absl::StatusOr<int> Run(const std::vector<std::string>& arguments) {
  if (arguments.size() > 1) {
    return absl::InvalidArgumentError(
        "runs takes one directory, as nclab-out/fig6.");
  }
  const std::string root =
      UserPath(arguments.empty() ? "nclab-out" : arguments[0]);
  NCLAB_ASSIGN_OR_RETURN(const std::vector<RunFacts> runs, LookUnder(root));
  FLAGS_json ? PrintJson(runs) : PrintTable(runs);
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Lists the runs under a directory: their state, step, rate, last "
       "metrics and reason of failure.\nVariances are of the layer features, "
       "around the means at T where the run is done.\n\n"
       "  runs nclab-out/fig6",
       nclab::Run});
}
