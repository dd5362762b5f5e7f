// decisions: what the network decides, in eval mode.
#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/zeros.h>

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
  }

  Arrays Finish() const override {
    return SplitTotals{samples_, correct_.item<int64_t>(), loss_.item<double>()}
        .ToArrays();
  }

  absl::Status Merge(const Arrays& sums) override {
    samples_ += sums.at("samples").integer();
    correct_ += sums.at("correct").integer();
    loss_ += sums.at("loss").real();
    return absl::OkStatus();
  }

 private:
  int64_t samples_ = 0;
  at::Tensor loss_, correct_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "decisions",
     .summary = "cross-entropy and hits of the network's decisions",
     .reference = "standard",
     .arrays = {{"samples", "", "N, with logits"},
                {"correct", "", "samples whose largest logit is their label's"},
                {"loss", "", "sum of -log softmax(logits)_y, in nats"}},
     .scope = StatisticScope::kSplit},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Decisions>(input.device);
    });

}  // namespace
}  // namespace nclab
