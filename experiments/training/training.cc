#include "experiments/training/training.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/recipes/recorder.h"
#include "experiments/training/checkpoints/resume.h"
#include "experiments/training/data_check.h"
#include "experiments/training/device.h"
#include "experiments/training/evaluation/evaluation.h"
#include "experiments/training/open_run.h"
#include "experiments/training/setup.h"
#include "experiments/training/trainer.h"
#include "models/model.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {

absl::StatusOr<RunCost> MeasureCost(const RunSpec& canonical,
                                    const RunOptions& options, int steps,
                                    absl::Duration at_most) {
  RunCost cost;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    ConfigureProcess();
    NCLAB_ASSIGN_OR_RETURN(RunData data, LoadRunData(canonical, options));
    NCLAB_ASSIGN_OR_RETURN(Setup setup, Prepare(canonical, std::move(data)));
    Rewrite(canonical, options, setup);
    const DeviceSplit train = setup.data.train;
    const int64_t samples =
        train.labels.size(0) + setup.data.test.labels.size(0);
    const int64_t batch = std::min(kEvaluationBatch, train.labels.size(0));
    const DeviceSplit first = {train.samples.slice(0, 0, batch),
                               train.labels.slice(0, 0, batch)};
    const std::shared_ptr<Model> model = setup.model;
    const EvaluationPlan plan = setup.evaluation;
    const at::Device device = setup.data.device;
    for (const at::Tensor& parameter : model->parameters()) {
      cost.parameters += parameter.numel();
    }
    Trainer trainer(canonical, options, std::move(setup),
                    RecorderFor(options, device));
    const int warm_up = device.is_cuda() ? RepeatedWork::kWarmUp + 1 : 2;
    for (int i = 0; i < warm_up; ++i) trainer.Step();
    NCLAB_RETURN_IF_ERROR(trainer.CheckLosses());  // waits for the device
    absl::Time start = absl::Now();
    int done = 0;
    for (; done < steps && (done == 0 || absl::Now() - start < at_most);
         ++done) {
      trainer.Step();
    }
    NCLAB_RETURN_IF_ERROR(trainer.CheckLosses());
    cost.step = absl::ToDoubleSeconds(absl::Now() - start) / done;
    start = absl::Now();
    EvaluateSplit(*model, first, plan);
    cost.evaluation = absl::ToDoubleSeconds(absl::Now() - start) *
                      static_cast<double>(samples) / static_cast<double>(batch);
    return absl::OkStatus();
  }));
  return cost;
}

absl::StatusOr<RunOutcome> Train(const RunSpec& canonical,
                                 const RunOptions& options) {
  RunOutcome outcome;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    ConfigureProcess();
    OpenRun run(canonical, options);
    std::optional<RunOutcome> known = run.Finished();
    if (known) {
      NCLAB_RETURN_IF_ERROR(DataAtHand(options.data_dir)
                                .CheckStarted(options.directory, canonical));
    } else {
      NCLAB_ASSIGN_OR_RETURN(RunData data, LoadRunData(canonical, options));
      NCLAB_ASSIGN_OR_RETURN(known, run.Open(std::move(data)));
    }
    if (known) {
      outcome = *known;
      return absl::OkStatus();
    }
    NCLAB_ASSIGN_OR_RETURN(const ResumePoint point, run.FindPoint());
    NCLAB_ASSIGN_OR_RETURN(Setup setup, run.TakeSetup(point));
    std::unique_ptr<Recorder> recorder =
        RecorderFor(options, setup.data.device);
    NCLAB_RETURN_IF_ERROR(run.BeginManifest(setup, recorder != nullptr));
    Trainer trainer(canonical, options, std::move(setup), std::move(recorder));
    const auto train = [&]() -> absl::StatusOr<RunOutcome> {
      NCLAB_RETURN_IF_ERROR(trainer.Start(point));
      while (true) {
        NCLAB_ASSIGN_OR_RETURN(const bool more,
                               trainer.MoreSteps(trainer.CheckpointDue()));
        if (!more) return trainer.End();
        trainer.Step();
      }
    };
    absl::StatusOr<RunOutcome> trained = train();
    NCLAB_RETURN_IF_ERROR(WithAdvice(trained.status()));
    outcome = *std::move(trained);
    return absl::OkStatus();
  }));
  return outcome;
}

}  // namespace nclab
