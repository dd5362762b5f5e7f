// //tools:sweep: the product of choices as one batch of runs, an experiment
// without claims.
#include <gflags/gflags.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/cli/batch.h"
#include "experiments/cli/flags/field_flags.h"
#include "experiments/records/run_directory.h"
#include "experiments/report/sweep_report.h"
#include "experiments/spec/fields.h"
#include "experiments/spec/run_spec.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

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
  const Field* field = FindField(key);
  if (field != nullptr && field->is_list()) {
    return std::vector<std::string>{text};
  }
  std::vector<std::string> all;
  NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         ExpandBraces(text));
  for (const std::string& one : texts) {
    for (const std::string& word : SplitList(one)) {
      if (std::find(all.begin(), all.end(), word) != all.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--", key, " names ", word, " twice. Name it once."));
      }
      all.push_back(word);
    }
  }
  return all;
}

// Where the runs start: new weights, or checkpoints of --init_from, which goes
// to `parents`.
absl::StatusOr<std::vector<Cell>> Starts(Questions& questions,
                                         std::vector<PlannedRun>& parents) {
  if (FLAGS_init_from.empty()) {
    if (FLAGS_init_step.empty()) return std::vector<Cell>{{"", {}}};
    return absl::InvalidArgumentError("--init_step needs --init_from.");
  }
  const RunDirectory parent(UserPath(FLAGS_init_from));
  RunSpec spec;
  NCLAB_ASSIGN_OR_RETURN(spec.init_from, ReadFile(parent.File("spec.json")));
  NCLAB_ASSIGN_OR_RETURN(RunSpec parent_spec, RunSpecFromJson(spec.init_from));
  if (!parent.Done()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--init_from: the run ", parent.path(), " has not finished."));
  }
  NCLAB_ASSIGN_OR_RETURN(parent_spec, questions.Canonical(parent_spec));
  parents.push_back({parent_spec, parent.path()});
  std::vector<int64_t> steps = {parent_spec.steps};
  if (!FLAGS_init_step.empty()) {
    NCLAB_ASSIGN_OR_RETURN(steps, ParseIntList("--init_step", FLAGS_init_step));
  }
  std::vector<Cell> starts;
  for (const int64_t step : steps) {
    if (step != parent_spec.steps && !FileExists(parent.Checkpoint(step))) {
      return absl::InvalidArgumentError(
          absl::StrCat("init_step is ", step, ", but ", parent.path(),
                       " keeps no checkpoint there. It has: ",
                       absl::StrJoin(parent.CheckpointSteps(), ", "), "."));
    }
    spec.init_step = step;
    starts.push_back(
        {steps.size() > 1 ? absl::StrCat("init_step=", step) : "", spec});
  }
  return starts;
}

// The product of all flags but --seed, the last one fastest. A cell is named by
// what varies.
absl::StatusOr<Batch> BatchOfFlags(const ExecutionOptions&,
                                   Questions& questions) {
  Batch batch;
  std::vector<Cell>& cells = batch.experiment.cells;
  NCLAB_ASSIGN_OR_RETURN(cells, Starts(questions, batch.parents));
  NCLAB_ASSIGN_OR_RETURN(const auto settings, SettingsFromFlags());
  for (const auto& [key, text] : settings) {
    if (key == "seed") {
      NCLAB_ASSIGN_OR_RETURN(batch.choices.seeds, ParseIntList("--seed", text));
      continue;
    }
    NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> values,
                           Alternatives(key, text));
    if (values.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", key, "='", text, "' names no value."));
    }
    std::vector<Cell> next;
    for (const Cell& cell : cells) {
      for (const std::string& value : values) {
        Cell one = cell;
        NCLAB_RETURN_IF_ERROR(SetField(one.spec, key, value));
        if (values.size() > 1) {
          absl::StrAppend(&one.name, one.name.empty() ? "" : ", ", key, "=",
                          value);
        }
        next.push_back(std::move(one));
      }
    }
    cells = std::move(next);
  }
  // Two cells that are one run would count it twice.
  std::map<std::string, std::string> names;
  for (Cell& cell : cells) {
    NCLAB_ASSIGN_OR_RETURN(cell.spec, questions.Canonical(cell.spec));
    if (cell.name.empty()) cell.name = "all";
    const auto [first, is_new] = names.emplace(ToJson(cell.spec), cell.name);
    if (!is_new) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", first->second, "' and '", cell.name,
                       "' are the same run. Name every value once."));
    }
  }
  return batch;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::BatchMain(
      argc, argv,
      {nclab::kSweep, NCLAB_TARGET,
       "Runs the product of choices: commas and braces separate the values of "
       "a flag. One table and one picture at the end.\n\n"
       "  sweep --model='mlp(width={256,1024})' --lr=0.001,0.01 --seed=0..4",
       nclab::BatchOfFlags});
}
