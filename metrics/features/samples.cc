#include "metrics/features/samples.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "metrics/features/readers/row_reader.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::StatusOr<Samples> ReadLabels(const FeatureSources& sources) {
  Samples samples;
  NCLAB_ASSIGN_OR_RETURN(samples.labels, sources.labels->Integers());
  samples.n = static_cast<int64_t>(samples.labels.size());
  const int64_t rows = sources.weight   ? sources.weight->rows()
                       : sources.logits ? sources.logits->shape()[1]
                                        : 0;
  for (int64_t i = 0; i < samples.n; ++i) {
    const int64_t label = samples.labels[i];
    if (label >= 0 && (rows == 0 || label < rows)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        sources.labels->description(), " holds ", label, " in row ", i, "; ",
        rows == 0 ? std::string("expected 0 or more")
                  : absl::StrCat("expected 0 to ", rows - 1, ", since ",
                                 sources.weight ? "'weight'" : "'logits'",
                                 " has ", rows, " classes"),
        "."));
  }
  samples.classes = rows;
  samples.names.resize(static_cast<size_t>(rows));
  std::iota(samples.names.begin(), samples.names.end(), int64_t{0});
  if (rows == 0) {
    // Any numbers: their ranks are as good.
    std::vector<int64_t>& names = samples.names;
    names = samples.labels;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (int64_t& label : samples.labels) {
      label =
          std::lower_bound(names.begin(), names.end(), label) - names.begin();
    }
    samples.classes = static_cast<int64_t>(names.size());
  }
  samples.label_tensor = at::from_blob(samples.labels.data(), {samples.n},
                                       at::TensorOptions(at::kLong));
  return samples;
}

Decider::Decider(Samples& samples, Looks& looks)
    : samples_(samples), looks_(looks) {
  samples.decisions = at::empty_like(samples.label_tensor);
}

void Decider::Add(const at::Tensor& logits, int64_t first) {
  const int64_t end = first + logits.size(0);
  Batch batch;
  batch.labels = samples_.label_tensor.slice(0, first, end);
  batch.logits = logits;
  batch.decisions = logits.argmax(1);
  samples_.decisions.slice(0, first, end).copy_(batch.decisions);
  looks_.Add(batch);
  finite_ = finite_ && std::isfinite(logits.abs().max().item<double>());
}

absl::StatusOr<Classifier> ReadClassifier(const FeatureSources& sources) {
  Classifier classifier;
  const auto read =
      [](const TensorSource& source) -> absl::StatusOr<at::Tensor> {
    NCLAB_ASSIGN_OR_RETURN(const at::Tensor values,
                           source.Floats(0, source.rows()));
    if (!at::isfinite(values).all().item<bool>()) {
      RowReader reader(source);
      return reader.NotFinite();
    }
    return values.to(at::kDouble);
  };
  NCLAB_ASSIGN_OR_RETURN(classifier.weight, read(*sources.weight));
  NCLAB_RETURN_IF_ERROR(
      RowReader(*sources.weight)
          .InRange(classifier.weight.abs().max().item<double>()));
  if (sources.bias) {
    NCLAB_ASSIGN_OR_RETURN(classifier.bias, read(*sources.bias));
  }
  return classifier;
}

}  // namespace nclab
