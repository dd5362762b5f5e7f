#include "experiments/training/checkpoints/resume.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/records/seal.h"
#include "experiments/training/checkpoints/checkpoint.h"
#include "experiments/training/evaluation/clusters.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

bool IsDamage(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsNotFound(status);
}

// Moves `path` away if it is there.
absl::Status PutAway(const RunDirectory& directory, const std::string& path,
                     const absl::Status& reason) {
  if (!FileExists(path)) return absl::OkStatus();
  return directory.SetAside(path, reason.message());
}

// Whether what waits for T can read what it needs of an evaluation.
absl::Status CheckFeatures(const RunDirectory& directory,
                           const Evaluation& evaluation,
                           const StatisticPlan& plan) {
  return Waits(evaluation, plan)
             ? CheckSeal(directory.Features(evaluation.step))
             : absl::OkStatus();
}

}  // namespace

absl::StatusOr<ResumePoint> FindResumePoint(const RunDirectory& directory,
                                            const std::vector<int64_t>& grid,
                                            const StatisticPlan& plan) {
  // A checkpoint of an evaluation from here on is of no use.
  int64_t damaged_from = std::numeric_limits<int64_t>::max();
  std::vector<int64_t> steps = directory.CheckpointSteps();
  for (; !steps.empty(); steps.pop_back()) {
    ResumePoint point;
    point.step = steps.back();
    const std::string path = directory.Checkpoint(point.step);
    const absl::StatusOr<LoopState> loop = ReadLoopState(path);
    if (IsDamage(loop.status())) {
      NCLAB_RETURN_IF_ERROR(PutAway(directory, path, loop.status()));
      continue;
    }
    NCLAB_RETURN_IF_ERROR(loop.status());
    if (loop->last_evaluated >= damaged_from) continue;

    std::vector<int64_t> wanted = grid;
    wanted.erase(
        std::upper_bound(wanted.begin(), wanted.end(), loop->last_evaluated),
        wanted.end());
    // A run that stopped early ends beside the grid.
    if (loop->last_evaluated >= 0 &&
        (wanted.empty() || wanted.back() != loop->last_evaluated)) {
      wanted.push_back(loop->last_evaluated);
    }
    for (const int64_t step : wanted) {
      absl::StatusOr<Evaluation> evaluation =
          LoadEvaluation(directory.Moments(step));
      std::string path_of_damage = directory.Moments(step);
      absl::Status status = evaluation.status();
      if (status.ok()) {
        path_of_damage = directory.Features(step);
        status = CheckFeatures(directory, *evaluation, plan);
      }
      if (status.ok()) {
        point.evaluations.push_back(*std::move(evaluation));
        continue;
      }
      if (!IsDamage(status)) return status;
      NCLAB_RETURN_IF_ERROR(PutAway(directory, path_of_damage, status));
      damaged_from = step;
      break;
    }
    if (damaged_from > loop->last_evaluated) return point;
  }
  return ResumePoint();
}

}  // namespace nclab
