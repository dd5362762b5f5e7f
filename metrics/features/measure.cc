#include "metrics/features/measure.h"

#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "metrics/features/readers/row_reader.h"
#include "metrics/features/samples.h"
#include "metrics/statistics/class_moments.h"
#include "metrics/statistics/projections.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Logits computed at once.
constexpr int64_t kLogits = 1 << 20;

// \error kInvalidArgument if the sums are not finite, or could not be squared.
absl::Status CheckRange(const Moments& moments, RowReader& reader) {
  double sum = 0, largest = 0;
  for (const double value : moments.mean) {
    sum += std::abs(value);
    largest = std::max(largest, std::abs(value));
  }
  for (const double value : moments.scatter) {
    sum += value;
    largest = std::max(largest, std::sqrt(value));
  }
  return std::isfinite(sum) ? reader.InRange(largest) : reader.NotFinite();
}

// Totals and decisions from `logits`.
absl::Status DecideByLogits(const TensorSource& source, Samples& samples,
                            SplitTotals& totals) {
  Decisions decisions(samples, totals);
  RowReader logits(source);
  NCLAB_RETURN_IF_ERROR(
      logits.Visit([&](const at::Tensor& rows, int64_t first) {
        decisions.Add(rows, first);
      }));
  return decisions.finite() ? absl::OkStatus() : logits.NotFinite();
}

// The same from the head's input and the classifier. Returns the input's
// moments, made in the same pass.
absl::StatusOr<Moments> DecideByClassifier(const Classifier& classifier,
                                           RowReader& input, Samples& samples,
                                           SplitTotals& totals) {
  Decisions decisions(samples, totals);
  ClassMoments sums(samples.classes, input.dim(), at::kCPU);
  const at::Tensor transposed = classifier.weight.t();
  // Where K is more than D, logits are larger than the block of features.
  const int64_t step = std::max<int64_t>(1, kLogits / transposed.size(1));
  NCLAB_RETURN_IF_ERROR(input.Visit([&](const at::Tensor& rows, int64_t first) {
    sums.Add(rows, samples.label_tensor.slice(0, first, first + rows.size(0)));
    for (int64_t i = 0; i < rows.size(0); i += step) {
      at::Tensor logits =
          rows.slice(0, i, i + step).to(at::kDouble).mm(transposed);
      if (classifier.bias.defined()) logits += classifier.bias;
      decisions.Add(logits, first + i);
    }
  }));
  Moments moments = sums.Finish();
  NCLAB_RETURN_IF_ERROR(CheckRange(moments, input));
  if (!decisions.finite()) return input.NotFinite();
  return moments;
}

absl::StatusOr<Moments> ReadMoments(RowReader& reader, const Samples& samples) {
  ClassMoments sums(samples.classes, reader.dim(), at::kCPU);
  NCLAB_RETURN_IF_ERROR(reader.Visit([&](const at::Tensor& rows,
                                         int64_t first) {
    sums.Add(rows, samples.label_tensor.slice(0, first, first + rows.size(0)));
  }));
  Moments moments = sums.Finish();
  NCLAB_RETURN_IF_ERROR(CheckRange(moments, reader));
  return moments;
}

// `moments`: those of the features if they are known already.
absl::Status MeasureLayer(const LayerSource& source, const Samples& samples,
                          unsigned needs, std::optional<Moments> moments,
                          RowReader& reader, FeatureMeasurements& result) {
  LayerMeasurements layer{source.name};
  if (moments) {
    layer.moments = *std::move(moments);
  } else {
    NCLAB_ASSIGN_OR_RETURN(layer.moments, ReadMoments(reader, samples));
  }
  if (needs & kNeedsProjections) {
    ProjectionSums sums(layer.moments, nullptr, at::kCPU);
    NCLAB_RETURN_IF_ERROR(
        reader.Visit([&](const at::Tensor& rows, int64_t first) {
          const int64_t end = first + rows.size(0);
          sums.Add(rows, samples.label_tensor.slice(0, first, end),
                   samples.decisions.defined()
                       ? samples.decisions.slice(0, first, end)
                       : samples.decisions);
        }));
    layer.projections = sums.Finish();
  }
  std::unique_ptr<RowReader> final_reader;
  LayerMeasurements final_layer{source.name};
  if (source.finals) {
    final_reader = std::make_unique<RowReader>(*source.finals);
    NCLAB_ASSIGN_OR_RETURN(final_layer.moments,
                           ReadMoments(*final_reader, samples));
  }
  if (needs & kNeedsClusters) {
    RowReader& at_end = final_reader ? *final_reader : reader;
    NCLAB_ASSIGN_OR_RETURN(
        KMeans k_means,
        FitKMeans(at_end.AsRows(),
                  final_reader ? final_layer.moments : layer.moments));
    if (final_reader) {
      NCLAB_ASSIGN_OR_RETURN(layer.clusters,
                             ApplyKMeans(reader.AsRows(), k_means));
    } else {
      layer.clusters =
          Clusters{k_means.inertia, BetweenVariance(k_means.centers),
                   k_means.degenerate};
    }
    result.k_means.emplace(source.name, std::move(k_means));
  }
  result.now.layers.push_back(std::move(layer));
  if (source.finals) result.last.layers.push_back(std::move(final_layer));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FeatureMeasurements> MeasureFeatures(
    const FeatureSources& sources, unsigned needs) {
  const c10::InferenceMode no_gradients;
  NCLAB_RETURN_IF_ERROR(CheckShapes(sources));
  NCLAB_ASSIGN_OR_RETURN(Samples samples, ReadLabels(sources));
  FeatureMeasurements result;
  result.labels = samples.names;
  const LayerSource* head_layer = nullptr;
  for (const LayerSource& layer : sources.layers) {
    if (layer.name == kHeadLayer) head_layer = &layer;
  }
  Classifier classifier;
  if (sources.weight) {
    NCLAB_ASSIGN_OR_RETURN(classifier, ReadClassifier(sources));
    const double* weight = classifier.weight.const_data_ptr<double>();
    result.now.head =
        Head{classifier.weight.size(0), classifier.weight.size(1),
             std::vector<double>(weight, weight + classifier.weight.numel())};
  }
  // The reader of the head's input keeps a small tensor for its layer.
  std::unique_ptr<RowReader> head_reader;
  if (head_layer != nullptr) {
    head_reader = std::make_unique<RowReader>(head_layer->features);
  }
  std::optional<Moments> head_moments;
  if (sources.logits) {
    result.has_totals = true;
    NCLAB_RETURN_IF_ERROR(
        DecideByLogits(*sources.logits, samples, result.now.totals));
  } else if (sources.weight && head_reader) {
    result.has_totals = true;
    NCLAB_ASSIGN_OR_RETURN(head_moments,
                           DecideByClassifier(classifier, *head_reader, samples,
                                              result.now.totals));
  }
  for (const LayerSource& layer : sources.layers) {
    if (&layer == head_layer) {
      NCLAB_RETURN_IF_ERROR(MeasureLayer(layer, samples, needs,
                                         std::move(head_moments), *head_reader,
                                         result));
    } else {
      RowReader reader(layer.features);
      NCLAB_RETURN_IF_ERROR(
          MeasureLayer(layer, samples, needs, std::nullopt, reader, result));
    }
  }
  return result;
}

}  // namespace nclab
