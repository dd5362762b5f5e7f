#include "metrics/features/samples.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "metrics/features/readers/row_reader.h"
#include "tools/base/status_macros.h"

namespace nclab {

namespace {

// Each of `labels` becomes its number among `names`, to which those that are
// new are appended, in their order.
void Number(std::vector<int64_t>& labels, std::vector<int64_t>& names) {
  std::map<int64_t, int64_t> number;
  for (const int64_t name : names) {
    number.emplace(name, static_cast<int64_t>(number.size()));
  }
  std::vector<int64_t> more = labels;
  std::sort(more.begin(), more.end());
  more.erase(std::unique(more.begin(), more.end()), more.end());
  for (const int64_t name : more) {
    if (number.emplace(name, static_cast<int64_t>(names.size())).second) {
      names.push_back(name);
    }
  }
  for (int64_t& label : labels) label = number.at(label);
}

}  // namespace

absl::StatusOr<Samples> ReadLabels(const FeatureSources& sources,
                                   const Samples* train) {
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
  if (train != nullptr) samples.names = train->names;
  if (rows == 0) {
    Number(samples.labels, samples.names);  // any numbers
  } else {
    std::vector<int64_t> all(static_cast<size_t>(rows));
    std::iota(all.begin(), all.end(), int64_t{0});
    if (train != nullptr && samples.names != all) {
      return absl::InvalidArgumentError(absl::StrCat(
          sources.labels->description(), " is of ", rows, " classes, as ",
          sources.weight ? "'weight'" : "'logits'",
          " says; the classes of the training split are others. Give "
          "'weight' or 'logits' of the same classes with both, or with none."));
    }
    samples.names = std::move(all);
  }
  samples.classes = static_cast<int64_t>(samples.names.size());
  samples.label_tensor = at::from_blob(samples.labels.data(), {samples.n},
                                       at::TensorOptions(at::kLong));
  if (sources.fine_labels) {
    NCLAB_ASSIGN_OR_RETURN(std::vector<int64_t> fine,
                           sources.fine_labels->Integers());
    if (train != nullptr) samples.fine_names = train->fine_names;
    Number(fine, samples.fine_names);
    samples.fine_labels =
        at::from_blob(fine.data(), {samples.n}, at::TensorOptions(at::kLong))
            .clone();
  }
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
