#include "experiments/training/training.h"

#include <algorithm>
#include <memory>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/recipes/recording/recorder.h"
#include "experiments/training/device/device.h"
#include "experiments/training/evaluation/evaluation.h"
#include "experiments/training/run/open_run.h"
#include "experiments/training/run/setup.h"
#include "experiments/training/run/step.h"
#include "experiments/training/run/trainer.h"
#include "models/model.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {
namespace {

// `status` with what to do about it, where that is known.
absl::Status WithAdvice(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return status;
  return absl::ResourceExhaustedError(absl::StrCat(
      status.message(),
      ". The last checkpoint is whole: make room, then run the same command "
      "again."));
}

// Out of memory while nothing has begun is a run too large for this device.
absl::Status AsTooLarge(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return status;
  return absl::FailedPreconditionError(absl::StrCat(
      "The run does not fit into the memory of the device. ", status.message(),
      "\nGive a smaller batch_size, model or dataset, or another device."));
}

}  // namespace

absl::StatusOr<RunCost> MeasureCost(const RunSpec& canonical,
                                    const RunOptions& options, int steps,
                                    absl::Duration at_most) {
  RunCost cost;
  NCLAB_RETURN_IF_ERROR(AsTooLarge(CatchTorch([&]() -> absl::Status {
    ConfigureProcess(options.deterministic);
    NCLAB_ASSIGN_OR_RETURN(const Setup setup, MakeSetup(canonical, options));
    for (const at::Tensor& parameter : setup.model->parameters()) {
      cost.parameters += parameter.numel();
    }
    NCLAB_ASSIGN_OR_RETURN(const auto step,
                           Step::Make(canonical, options, setup));
    const int warm_up = setup.device.is_cuda() ? RepeatedWork::kWarmUp + 1 : 2;
    for (int i = 0; i < warm_up; ++i) NCLAB_RETURN_IF_ERROR(step->Run());
    step->Losses();  // waits for the device
    absl::Time start = absl::Now();
    int done = 0;
    for (; done < steps && (done == 0 || absl::Now() - start < at_most);
         ++done) {
      NCLAB_RETURN_IF_ERROR(step->Run());
    }
    step->Losses();
    cost.step = absl::ToDoubleSeconds(absl::Now() - start) / done;
    const DeviceSplit& train = setup.evaluated;
    const int64_t batch = std::min(
        EvaluationBatch(train.samples.sizes().slice(1)), train.labels.size(0));
    start = absl::Now();
    EvaluateSplit(
        *setup.model,
        {train.samples.slice(0, 0, batch), train.labels.slice(0, 0, batch),
         train.fine_labels.slice(0, 0, batch)},
        setup.evaluation);
    cost.samples = train.labels.size(0) + setup.test.labels.size(0);
    cost.evaluation = absl::ToDoubleSeconds(absl::Now() - start) *
                      static_cast<double>(cost.samples) /
                      static_cast<double>(batch);
    return absl::OkStatus();
  })));
  return cost;
}

absl::StatusOr<RunOutcome> Train(const RunSpec& canonical,
                                 const RunOptions& options) {
  RunOutcome outcome;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    ConfigureProcess();
    NCLAB_ASSIGN_OR_RETURN(const auto opened, Open(canonical, options));
    if (const auto* known = std::get_if<RunOutcome>(&opened)) {
      outcome = *known;
      return absl::OkStatus();
    }
    absl::StatusOr<RunOutcome> trained =
        Trainer(options, *std::get<std::unique_ptr<OpenRun>>(opened)).Run();
    NCLAB_RETURN_IF_ERROR(WithAdvice(trained.status()));
    outcome = *std::move(trained);
    return absl::OkStatus();
  }));
  return outcome;
}

}  // namespace nclab
