// knn: nearest neighbours among neighbour_sample of the training split, in
// Euclidean distance. The most frequent label of the five nearest decides; of
// equally frequent ones the one with the nearest of them. Of the training split
// itself a sample is no neighbour of its own.
#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "metrics/statistics/statistic.h"
#include "metrics/statistics/sums/tensor_array.h"

namespace nclab {
namespace {

constexpr int64_t kNeighbours = 5;
constexpr int64_t kDistances = 1 << 22;  // at once

class Item final : public Statistic {
 public:
  Item(const StatisticInput& input, const Kept& train)
      : correct_(
            at::zeros({}, at::TensorOptions(at::kLong).device(input.device))),
        finite_(at::zeros(
            {}, at::TensorOptions(at::kDouble).device(input.device))) {
    const Array& rows = train.Get("neighbour_sample", "rows");
    const int64_t size = rows.shape().at(0);
    leave_out_ = &train == input.own;
    near_ = std::min(kNeighbours, size - (leave_out_ ? 1 : 0));
    if (near_ < 1) return;
    index_ = train.Get("neighbour_sample", "index").integers();
    labels_ = Borrow(train.Get("neighbour_sample", "labels")).to(input.device);
    rows_ = Borrow(rows).to(input.device);
    origin_ = rows_.mean(0);
    rows_ = rows_ - origin_;
    half_squares_ = rows_.square().sum(1) / 2;
    // One more than what all farther ones may have.
    std::vector<double> votes;
    for (int64_t i = 0; i < near_; ++i)
      votes.push_back(1 + std::ldexp(1, -i - 1));
    votes_ = at::tensor(votes, at::TensorOptions(at::kDouble)).to(input.device);
  }

  bool WantsLook(int n) override { return rows_.defined() && n == 0; }

  void Add(const Batch& batch) override {
    const at::Tensor& labels =
        batch.fine_labels.defined() ? batch.fine_labels : batch.labels;
    const int64_t step = std::max<int64_t>(1, kDistances / rows_.size(0));
    for (int64_t i = 0; i < labels.size(0); i += step) {
      AddRows(batch.features.slice(0, i, i + step),
              labels.slice(0, i, i + step));
    }
  }

  Arrays Finish() const override {
    Arrays arrays = {{"samples", Array(seen_)}};
    if (!rows_.defined()) return arrays;
    arrays["correct"] = Array(correct_.item<int64_t>());
    arrays["finite"] = Array(int64_t{std::isfinite(finite_.item<double>())});
    return arrays;
  }
  absl::Status Merge(const Arrays&) override {
    return absl::UnimplementedError("Rows are counted over a whole split.");
  }

 private:
  void AddRows(const at::Tensor& features, const at::Tensor& labels) {
    const int64_t n = labels.size(0);
    const at::Tensor x = features.to(at::kDouble) - origin_;
    finite_ += x.abs().sum();
    // Half the squared distances, but for |x|^2 / 2.
    at::Tensor away = half_squares_ - x.mm(rows_.t());
    if (leave_out_) {
      std::vector<int64_t> own;  // entries
      for (; next_ < index_.size() && index_[next_] < seen_ + n; ++next_) {
        own.push_back((index_[next_] - seen_) * away.size(1) +
                      static_cast<int64_t>(next_));
      }
      if (!own.empty()) {
        away.view({-1}).index_fill_(
            0, at::tensor(own, at::TensorOptions(at::kLong)).to(away.device()),
            std::numeric_limits<double>::infinity());
      }
    }
    seen_ += n;
    const at::Tensor nearest =
        std::get<1>(at::topk(away, near_, 1, /*largest=*/false));
    const at::Tensor of =
        labels_.index_select(0, nearest.flatten()).view({n, near_});
    const at::Tensor alike = of.unsqueeze(2) == of.unsqueeze(1);
    const at::Tensor best = alike.to(at::kDouble).matmul(votes_).argmax(1);
    correct_ += (of.gather(1, best.unsqueeze(1)).squeeze(1) == labels).sum();
  }

  bool leave_out_ = false;
  int64_t near_ = 0, seen_ = 0;
  std::vector<int64_t> index_;
  size_t next_ = 0;
  at::Tensor correct_, finite_, rows_, labels_, origin_, half_squares_, votes_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "knn",
     .summary = "hits of the five nearest neighbours in the training split",
     .reference = "Cover, Hart, IEEE Trans. Inf. Theory 13 (1967)",
     .arrays = {{"samples", "", "N; 0 if there are no neighbours"},
                {"correct", "",
                 "samples that have the label of most of their "
                 "neighbours; fine ones where a view joined "
                 "classes"},
                {"finite", "", "1 if every feature is; else 0"}},
     .after = {"neighbour_sample"},
     .merges = false},
    [](const Params&,
       const StatisticInput& input) -> std::unique_ptr<Statistic> {
      const Kept& train = input.train != nullptr ? *input.train : *input.own;
      if (!train.Has("neighbour_sample")) return nullptr;
      return std::make_unique<Item>(input, train);
    });

}  // namespace
}  // namespace nclab
