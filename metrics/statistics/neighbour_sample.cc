// neighbour_sample: an even sample of the rows of the training split, for knn.
// Rows floor(i N / S), i = 0 .. S-1, S = min(N, 5000, max(500, 2^22 / D)).
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

#include "metrics/statistics/statistic.h"
#include "metrics/statistics/sums/tensor_array.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  explicit Item(const StatisticInput& input) : wanted_(!input.train) {
    const int64_t most = std::min<int64_t>(
        5000, std::max<int64_t>(500, (int64_t{1} << 22) / input.dim));
    const int64_t size = wanted_ ? std::min(input.samples, most) : 0;
    for (int64_t i = 0; i < size; ++i)
      index_.push_back(i * input.samples / size);
    rows_ = at::empty({size, input.dim},
                      at::TensorOptions(at::kDouble).device(input.device));
    labels_ =
        at::empty({size}, at::TensorOptions(at::kLong).device(input.device));
  }

  bool WantsLook(int n) override { return wanted_ && n == 0; }

  void Add(const Batch& batch) override {
    const int64_t begin = static_cast<int64_t>(taken_);
    std::vector<int64_t> chosen;
    const int64_t end = seen_ + batch.labels.size(0);
    for (; taken_ < index_.size() && index_[taken_] < end; ++taken_) {
      chosen.push_back(index_[taken_] - seen_);
    }
    seen_ = end;
    if (chosen.empty()) return;
    const at::Tensor of = at::tensor(chosen, at::TensorOptions(at::kLong))
                              .to(batch.labels.device());
    const int64_t last = static_cast<int64_t>(taken_);
    rows_.slice(0, begin, last).copy_(batch.features.index_select(0, of));
    labels_.slice(0, begin, last)
        .copy_((batch.fine_labels.defined() ? batch.fine_labels : batch.labels)
                   .index_select(0, of));
  }

  Arrays Finish() const override {
    const int64_t size = static_cast<int64_t>(taken_);
    return {
        {"rows", ToArray(rows_.slice(0, 0, size))},
        {"labels", ToArray(labels_.slice(0, 0, size))},
        {"index", Array({size}, std::vector<int64_t>(index_.begin(),
                                                     index_.begin() + size))}};
  }
  absl::Status Merge(const Arrays&) override {
    return absl::UnimplementedError("Rows are counted over a whole split.");
  }

 private:
  const bool wanted_;
  std::vector<int64_t> index_;
  size_t taken_ = 0;
  int64_t seen_ = 0;
  at::Tensor rows_, labels_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "neighbour_sample",
     .summary = "an even sample of the training split, for knn",
     .reference = "Cover, Hart, IEEE Trans. Inf. Theory 13 (1967)",
     .arrays = {{"rows", "[S, D]",
                 "h; S = 0 on a split that has a training "
                 "split"},
                {"labels", "[S]", "fine ones where a view joined classes"},
                {"index", "[S]", "number of each row in its split"}},
     .merges = false,
     .saved = false},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Item>(input);
    });

}  // namespace
}  // namespace nclab
