#include "experiments/training/pieces/pieces.h"

#include <ATen/ops/zeros.h>

#include <algorithm>

#include "experiments/recipes/optimizer.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::StatusOr<Pieces> MakePieces(const RunSpec& canonical, int64_t classes,
                                  const DeviceSplit& train,
                                  const at::Tensor& black) {
  Pieces pieces;
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice objective,
                         Objectives().Bind(canonical.objective));
  NCLAB_ASSIGN_OR_RETURN(pieces.objective, MakeObjective(objective, {classes}));
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice schedule,
                         Schedules().Bind(canonical.schedule));
  NCLAB_ASSIGN_OR_RETURN(pieces.schedule,
                         MakeSchedule(schedule, {canonical.steps}));

  const int64_t samples = train.labels.size(0);
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice stream,
                         Streams().Bind(canonical.stream));
  NCLAB_ASSIGN_OR_RETURN(
      pieces.stream,
      MakeStream(stream, {.samples = samples,
                          .shape = train.samples.sizes().slice(1).vec(),
                          .batch_size = std::min(canonical.batch_size, samples),
                          .steps = canonical.steps,
                          .seed = canonical.seed,
                          .device = train.samples.device(),
                          .black = black}));
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Streams().Find(stream.name));
  pieces.changes_samples = entry->info.changes_samples;

  NCLAB_ASSIGN_OR_RETURN(pieces.optimizer,
                         Optimizers().Bind(canonical.optimizer));
  at::Tensor one = at::zeros({1}, train.samples.options().dtype(at::kFloat));
  one.set_requires_grad(true);
  NCLAB_RETURN_IF_ERROR(
      MakeOptimizer(pieces.optimizer, {.parameters = {one}, .step_scales = {1}})
          .status());
  return pieces;
}

}  // namespace nclab
