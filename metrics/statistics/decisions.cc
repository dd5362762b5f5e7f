// decisions: what the network decides, in eval mode.
#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "metrics/statistics/kept/views.h"
#include "metrics/statistics/statistic.h"

namespace nclab {
namespace {

class Decisions final : public Statistic {
 public:
  explicit Decisions(at::Device device)
      : loss_(at::zeros({}, at::TensorOptions(at::kDouble).device(device))),
        correct_(at::zeros({}, at::TensorOptions(at::kLong).device(device))) {}

  void Add(const Batch& batch) override {
    if (!batch.logits.defined()) return;
    samples_ += batch.labels.size(0);
    loss_ += at::nll_loss(at::log_softmax(batch.logits.to(at::kDouble), 1),
                          batch.labels, {}, at::Reduction::Sum);
    correct_ += (batch.decisions == batch.labels).sum();
    if (!batch.objective.defined()) return;
    objective_ = objective_.defined() ? objective_ + batch.objective
                                      : batch.objective.clone();
  }

  Arrays Finish() const override {
    SplitTotals totals = {samples_, correct_.item<int64_t>(),
                          loss_.item<double>()};
    if (objective_.defined()) totals.objective = objective_.item<double>();
    return totals.ToArrays();
  }

  absl::Status Merge(const Arrays& sums) override {
    samples_ += sums.at("samples").integer();
    correct_ += sums.at("correct").integer();
    loss_ += sums.at("loss").real();
    const auto objective = sums.find("objective");
    if (objective != sums.end()) {
      objective_ = (objective_.defined() ? objective_ : at::zeros_like(loss_)) +
                   objective->second.real();
    }
    return absl::OkStatus();
  }

 private:
  int64_t samples_ = 0;
  at::Tensor loss_, correct_, objective_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "decisions",
     .summary = "cross-entropy and hits of the network's decisions",
     .reference = "standard",
     .arrays = {{"samples", "", "N, with logits"},
                {"correct", "", "samples whose largest logit is their label's"},
                {"loss", "", "sum of -log softmax(logits)_y, in nats"},
                {"objective", "",
                 "sum of what training minimises; of runs only"}},
     .scope = StatisticScope::kSplit},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Decisions>(input.device);
    });

}  // namespace
}  // namespace nclab
