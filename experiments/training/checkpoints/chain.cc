#include "experiments/training/checkpoints/chain.h"

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/records/run_directory.h"
#include "experiments/records/seal.h"
#include "experiments/spec/canonical.h"
#include "experiments/training/checkpoints/weights.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

bool IsOfHead(const Model& model, const std::string& name) {
  return absl::StartsWith(name, model.head() + ".");
}

// The file of the checkpoint that `spec` starts from.
absl::StatusOr<std::string> ParentCheckpoint(const RunSpec& spec,
                                             const RunDirectory& parent) {
  if (!parent.HasSpec()) {
    return absl::NotFoundError(absl::StrCat(
        "The run starts from ", parent.Checkpoint(spec.init_step),
        ", but there is no run. Run that one first, or say where it is with "
        "--init_from."));
  }
  NCLAB_ASSIGN_OR_RETURN(const std::string text,
                         ReadFile(parent.File("spec.json")));
  if (CanonicalText(text).value_or(text) != spec.init_from) {
    return absl::FailedPreconditionError(
        absl::StrCat(parent.path(),
                     " holds another run than the one to start from; compare "
                     "its spec.json with init_from."));
  }
  const std::string path = parent.Checkpoint(spec.init_step);
  if (FileExists(path)) return path;
  NCLAB_ASSIGN_OR_RETURN(const RunSpec parent_spec,
                         RunSpecFromJson(spec.init_from));
  const std::vector<int64_t> steps = parent.CheckpointSteps();
  if (spec.init_step == parent_spec.steps && parent.Done() && !steps.empty()) {
    return parent.Checkpoint(steps.back());  // it stopped early
  }
  return absl::NotFoundError(absl::StrCat(
      "The run to start from has no ", path, "; it has the checkpoints: ",
      steps.empty() ? "none" : absl::StrJoin(steps, ", "), ". ",
      parent.Done()       ? "Run it again."
      : parent.Diverged() ? "It has diverged: there will be no others."
                          : "Let it finish first."));
}

}  // namespace

void FreezeParts(Model& model, const RunSpec& spec) {
  const bool all = spec.train_part == "all";
  model.train(all);
  for (const auto& item : model.named_parameters()) {
    item.value().set_requires_grad(all || IsOfHead(model, item.key()));
  }
}

absl::Status StartFromParent(const RunSpec& spec, const std::string& directory,
                             const std::string& parent_directory,
                             Model& model) {
  const RunDirectory parent(parent_directory.empty()
                                ? ParentDirectory(spec, directory)
                                : parent_directory);
  NCLAB_ASSIGN_OR_RETURN(const std::string path,
                         ParentCheckpoint(spec, parent));
  if (const absl::Status seal = CheckSeal(path); absl::IsDataLoss(seal)) {
    return absl::DataLossError(
        absl::StrCat(seal.message(), " Remove ", parent.path(),
                     " and run the run to start from again."));
  }
  const bool new_head = spec.init_head == "new";
  const absl::Status loaded =
      LoadWeights(path, model, new_head ? model.head() + "." : "");
  if (loaded.ok()) return loaded;
  return absl::Status(
      loaded.code(),
      absl::StrCat(loaded.message(), " Start from a run of the same model",
                   new_head ? "." : ", or give it a new head."));
}

}  // namespace nclab
