#include "metrics/measure.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "metrics/class_moments.h"
#include "metrics/projections.h"
#include "tools/base/numbers.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Bytes of a block of rows, and of a tensor that is kept whole between passes.
constexpr int64_t kBlockBytes = 8 << 20;
constexpr int64_t kKeepBytes = 64 << 20;

std::string ShapeText(const TensorSource& source) {
  return absl::StrCat("[", absl::StrJoin(source.shape(), ", "), "] ",
                      source.dtype());
}

absl::Status WrongShape(const TensorSource& source,
                        absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(source.description(), " is ",
                                                 ShapeText(source),
                                                 "; expected ", expected, "."));
}

// A floating matrix, visited in blocks of rows.
class RowReader {
 public:
  explicit RowReader(const TensorSource& source) : source_(source) {}

  int64_t rows() const { return source_.rows(); }
  int64_t dim() const { return source_.shape()[1]; }

  // body(rows [B, D], index of the first).
  template <typename Body>
  absl::Status Visit(const Body& body) {
    const int64_t n = rows();
    const int64_t step = std::max<int64_t>(
        1, kBlockBytes / std::max<int64_t>(1, source_.row_bytes()));
    if (!whole_.defined() && n * source_.row_bytes() <= kKeepBytes) {
      NCLAB_ASSIGN_OR_RETURN(whole_, source_.Floats(0, n));
    }
    for (int64_t i = 0; i < n; i += step) {
      const int64_t end = std::min(n, i + step);
      if (whole_.defined()) {
        body(whole_.slice(0, i, end), i);
      } else {
        NCLAB_ASSIGN_OR_RETURN(const at::Tensor rows, source_.Floats(i, end));
        body(rows, i);
      }
    }
    return absl::OkStatus();
  }

  Rows AsRows() {
    return [this](const RowVisitor& visit) {
      return Visit([&](const at::Tensor& rows, int64_t) { visit(rows); });
    };
  }

  // The first NaN or infinity; for a file known to hold one. OK if there is
  // none.
  absl::Status FindNotFinite() {
    absl::Status found;
    NCLAB_RETURN_IF_ERROR(Visit([&](const at::Tensor& rows, int64_t first) {
      if (!found.ok()) return;
      const at::Tensor bad =
          at::isfinite(rows).logical_not().flatten().nonzero();
      if (bad.size(0) == 0) return;
      const int64_t at = bad.const_data_ptr<int64_t>()[0];
      const int64_t width = rows.dim() > 1 ? rows.size(1) : 1;
      found = absl::InvalidArgumentError(absl::StrCat(
          source_.description(), " holds ",
          rows.flatten().to(at::kDouble).const_data_ptr<double>()[at],
          " in row ", first + at / width, ", column ", at % width,
          ". Every metric needs finite numbers."));
    }));
    return found;
  }

 private:
  const TensorSource& source_;
  at::Tensor whole_;
};

bool Finite(const Moments& moments) {
  double sum = 0;
  for (const double value : moments.mean) sum += std::abs(value);
  for (const double value : moments.scatter) sum += value;
  return std::isfinite(sum);
}

absl::Status NotFinite(RowReader& reader, const TensorSource& source) {
  NCLAB_RETURN_IF_ERROR(reader.FindNotFinite());
  return absl::InvalidArgumentError(
      absl::StrCat(source.description(),
                   " holds numbers so large that their squares overflow."));
}

// Labels, the classes that they name, and the decisions of the network.
struct Samples {
  int64_t n = 0, classes = 0;
  std::vector<int64_t> labels;  // in 0 .. classes-1
  at::Tensor label_tensor;      // the same
  at::Tensor decisions;         // int64 [N]; undefined if unknown
};

absl::Status CheckMatrix(const TensorSource& source, int64_t rows,
                         int64_t columns) {
  if (source.shape().size() == 2 && source.is_floating() &&
      (rows < 0 || source.rows() == rows) &&
      (columns < 0 || source.shape()[1] == columns) && source.rows() > 0 &&
      source.shape()[1] > 0) {
    return absl::OkStatus();
  }
  const auto extent = [](int64_t given, const char* name) {
    return given < 0 ? std::string(name) : absl::StrCat(given);
  };
  return WrongShape(
      source,
      absl::StrCat("[", extent(rows, "rows"), ", ", extent(columns, "columns"),
                   "] of F16, BF16, F32 or F64, not empty"));
}

absl::Status CheckShapes(const FeatureSources& sources) {
  if (sources.layers.empty()) {
    return absl::InvalidArgumentError(
        "There are no features: a floating tensor 'features' [N, D], or "
        "'features.LAYER' for several layers.");
  }
  if (!sources.labels) {
    return absl::InvalidArgumentError(
        "There are no labels: an integer tensor 'labels' [N].");
  }
  const TensorSource& labels = *sources.labels;
  if (labels.shape().size() != 1 || !labels.is_integer()) {
    return WrongShape(labels, "[N] of integers");
  }
  const int64_t n = labels.rows();
  int64_t head_dim = -1;
  for (const LayerSource& layer : sources.layers) {
    NCLAB_RETURN_IF_ERROR(CheckMatrix(layer.features, n, -1));
    const int64_t dim = layer.features.shape()[1];
    if (layer.name == kHeadLayer) head_dim = dim;
    if (layer.finals) {
      NCLAB_RETURN_IF_ERROR(CheckMatrix(*layer.finals, n, dim));
    }
  }
  if (sources.weight) {
    NCLAB_RETURN_IF_ERROR(CheckMatrix(*sources.weight, -1, head_dim));
  }
  if (sources.logits) {
    NCLAB_RETURN_IF_ERROR(
        CheckMatrix(*sources.logits, n,
                    sources.weight ? sources.weight->rows() : int64_t{-1}));
  }
  if (sources.bias && sources.weight) {
    const TensorSource& bias = *sources.bias;
    if (bias.shape() != std::vector<int64_t>{sources.weight->rows()} ||
        !bias.is_floating()) {
      return WrongShape(
          bias, absl::StrCat("[", sources.weight->rows(),
                             "] of F16, BF16, F32 or F64, one per row of "
                             "'weight'"));
    }
  }
  return absl::OkStatus();
}

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
  if (rows == 0) {
    // Any numbers: their ranks are as good.
    std::vector<int64_t> names = samples.labels;
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

// Totals and decisions, from logits block after block.
class Decisions {
 public:
  Decisions(Samples& samples, SplitTotals& totals)
      : samples_(samples), totals_(totals) {
    samples.decisions = at::empty_like(samples.label_tensor);
  }

  void Add(const at::Tensor& logits, int64_t first) {
    const int64_t end = first + logits.size(0);
    const at::Tensor labels = samples_.label_tensor.slice(0, first, end);
    const at::Tensor chosen = logits.argmax(1);
    samples_.decisions.slice(0, first, end).copy_(chosen);
    totals_.samples += logits.size(0);
    totals_.correct += (chosen == labels).sum().item<int64_t>();
    totals_.loss += at::nll_loss(at::log_softmax(logits.to(at::kDouble), 1),
                                 labels, {}, at::Reduction::Sum)
                        .item<double>();
    finite_ = finite_ && std::isfinite(logits.abs().max().item<double>());
  }
  bool finite() const { return finite_; }

 private:
  Samples& samples_;
  SplitTotals& totals_;
  bool finite_ = true;
};

// `weight` [K, D] and `bias` [K] in fp64.
struct Classifier {
  at::Tensor weight, bias;
};

absl::StatusOr<Classifier> ReadClassifier(const FeatureSources& sources) {
  Classifier classifier;
  const auto read =
      [](const TensorSource& source) -> absl::StatusOr<at::Tensor> {
    NCLAB_ASSIGN_OR_RETURN(const at::Tensor values,
                           source.Floats(0, source.rows()));
    if (!at::isfinite(values).all().item<bool>()) {
      RowReader reader(source);
      return reader.FindNotFinite();
    }
    return values.to(at::kDouble);
  };
  NCLAB_ASSIGN_OR_RETURN(classifier.weight, read(*sources.weight));
  if (sources.bias) {
    NCLAB_ASSIGN_OR_RETURN(classifier.bias, read(*sources.bias));
  }
  return classifier;
}

absl::StatusOr<Moments> ReadMoments(RowReader& reader,
                                    const TensorSource& source,
                                    const Samples& samples) {
  ClassMoments sums(samples.classes, reader.dim(), at::kCPU);
  NCLAB_RETURN_IF_ERROR(reader.Visit([&](const at::Tensor& rows,
                                         int64_t first) {
    sums.Add(rows, samples.label_tensor.slice(0, first, first + rows.size(0)));
  }));
  Moments moments = sums.Finish();
  if (!Finite(moments)) return NotFinite(reader, source);
  return moments;
}

absl::Status MeasureLayer(const LayerSource& source, const Samples& samples,
                          unsigned needs, RowReader& reader,
                          FeatureMeasurements& result) {
  LayerMeasurements layer{source.name};
  NCLAB_ASSIGN_OR_RETURN(layer.moments,
                         ReadMoments(reader, source.features, samples));
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
                           ReadMoments(*final_reader, *source.finals, samples));
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
  if (result.last) result.last->layers.push_back(std::move(final_layer));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FeatureSources> OpenFeatures(const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(SafetensorsReader opened,
                         SafetensorsReader::Open(path));
  const auto file = std::make_shared<SafetensorsReader>(std::move(opened));
  FeatureSources sources;
  const auto find = [&](absl::string_view name) -> std::optional<TensorSource> {
    const SafetensorsEntry* entry = file->Find(name);
    if (entry == nullptr) return std::nullopt;
    return TensorSource(file, *entry);
  };
  for (const SafetensorsEntry& entry : file->entries()) {
    absl::string_view layer = entry.name;
    if (!absl::ConsumePrefix(&layer, "features")) continue;
    std::string name = kHeadLayer;
    if (absl::ConsumePrefix(&layer, ".") && !layer.empty()) {
      name = std::string(layer);
    } else if (entry.name != "features") {
      continue;
    }
    sources.layers.push_back({name, TensorSource(file, entry),
                              find(absl::StrCat("final_", entry.name))});
  }
  // Files of extract name their layers.
  const auto named = file->metadata().find("layers");
  if (named != file->metadata().end()) {
    for (const std::string& name : SplitList(named->second)) {
      const SafetensorsEntry* entry = file->Find(name);
      if (entry == nullptr || name == kHeadLayer) continue;
      sources.layers.push_back({name, TensorSource(file, *entry),
                                find(absl::StrCat("final_features.", name))});
    }
  }
  if (sources.layers.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        " has no tensor 'features' [N, D], nor 'features.LAYER'. It has: ",
        absl::StrJoin(file->entries(), ", ",
                      [](std::string* out, const SafetensorsEntry& entry) {
                        absl::StrAppend(out, entry.name);
                      }),
        "."));
  }
  sources.labels = find("labels");
  if (!sources.labels) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has no tensor 'labels' [N] of integers."));
  }
  sources.logits = find("logits");
  sources.weight = find("weight");
  sources.bias = find("bias");
  return sources;
}

absl::StatusOr<FeatureMeasurements> MeasureFeatures(
    const FeatureSources& sources, unsigned needs) {
  const c10::InferenceMode no_gradients;
  NCLAB_RETURN_IF_ERROR(CheckShapes(sources));
  NCLAB_ASSIGN_OR_RETURN(Samples samples, ReadLabels(sources));
  FeatureMeasurements result;
  if (std::all_of(sources.layers.begin(), sources.layers.end(),
                  [](const LayerSource& layer) { return !!layer.finals; })) {
    result.last.emplace();
  }
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
  if (sources.logits || (sources.weight && head_reader)) {
    result.has_totals = true;
    Decisions decisions(samples, result.now.totals);
    if (sources.logits) {
      RowReader logits(*sources.logits);
      NCLAB_RETURN_IF_ERROR(
          logits.Visit([&](const at::Tensor& rows, int64_t first) {
            decisions.Add(rows, first);
          }));
      if (!decisions.finite()) {
        return NotFinite(logits, *sources.logits);
      }
    } else {
      const at::Tensor transposed = classifier.weight.t();
      NCLAB_RETURN_IF_ERROR(
          head_reader->Visit([&](const at::Tensor& rows, int64_t first) {
            at::Tensor logits = rows.to(at::kDouble).mm(transposed);
            if (classifier.bias.defined()) logits += classifier.bias;
            decisions.Add(logits, first);
          }));
      if (!decisions.finite()) {
        return NotFinite(*head_reader, head_layer->features);
      }
    }
  }
  for (const LayerSource& layer : sources.layers) {
    if (&layer == head_layer) {
      NCLAB_RETURN_IF_ERROR(
          MeasureLayer(layer, samples, needs, *head_reader, result));
    } else {
      RowReader reader(layer.features);
      NCLAB_RETURN_IF_ERROR(
          MeasureLayer(layer, samples, needs, reader, result));
    }
  }
  return result;
}

}  // namespace nclab
