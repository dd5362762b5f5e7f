#include "metrics/testing/metric_kit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "metrics/evaluation/looks.h"
#include "metrics/evaluation/measurements.h"
#include "metrics/metric.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr int64_t kRows = 6;  // of W; class 3 has no samples
constexpr int64_t kDim = 12;
constexpr int64_t kSamples = 360;

// Rounding of values of about 1, as far as transformed features repeat them.
constexpr double kTolerance = 1e-9;
constexpr double kChange = 1e-3;

// Features of a layer, fp64 [N, D].
struct LayerRows {
  at::Tensor now, at_end;
  at::Tensor train;  // of the training split
};

// A split with everything that a metric may ask for.
struct Split {
  LayerRows layers[3];  // the last one is the head's input
  at::Tensor labels;    // int64 [N]
  at::Tensor logits;    // fp64 [N, K]
  at::Tensor weight;    // fp64 [K, D]
  int64_t batch = kSamples;

  std::vector<at::Tensor*> features() {
    std::vector<at::Tensor*> all;
    for (LayerRows& layer : layers) {
      for (at::Tensor* rows : {&layer.now, &layer.at_end, &layer.train}) {
        all.push_back(rows);
      }
    }
    return all;
  }
};

constexpr const char* kLayers[] = {"fc1", "fc2", kHeadLayer};

// Clusters far enough apart that k-means has one answer; one label in twelve
// is another's, so that clusters are not classes.
Split Typical() {
  at::manual_seed(1);
  const at::TensorOptions doubles(at::kDouble);
  const at::Tensor index = at::arange(kSamples, at::TensorOptions(at::kLong));
  at::Tensor cluster = (index * index).div(7, "floor").remainder(kRows - 1);
  cluster = at::where(cluster == 3, at::full_like(cluster, kRows - 1), cluster);
  const at::Tensor centers = at::randn({kRows, kDim}, doubles) * 3;
  const auto around = [&](const at::Tensor& of) {
    return of.index_select(0, cluster) +
           at::randn({kSamples, kDim}, doubles) * 0.5;
  };
  Split split;
  LayerRows& last = split.layers[2];
  last.now = around(centers);
  last.at_end = around(centers * 1.1 + 0.3);
  last.train = around(centers + at::randn({kRows, kDim}, doubles) * 0.2);
  split.labels = at::where(index.remainder(12) == 5, cluster.roll(1), cluster);
  split.weight = centers + at::randn({kRows, kDim}, doubles);
  split.logits = last.now.mm(split.weight.t()) * 0.1 +
                 at::randn({kSamples, kRows}, doubles);
  // Earlier layers are noisier.
  for (const int i : {1, 0}) {
    const auto noisy = [&](const at::Tensor& rows) {
      return rows + at::randn({kSamples, kDim}, doubles) * (i == 1 ? 0.7 : 1.5);
    };
    split.layers[i] = {noisy(last.now), noisy(last.at_end), noisy(last.train)};
  }
  return split;
}

// Looks at `features`, in batches, until `kept` has all of `plan`.
void LookAt(const StatisticPlan& plan, const Split& split,
            const at::Tensor& features, StatisticInput input, Kept& kept) {
  const at::Tensor decisions = split.logits.argmax(1);
  input.classes = kRows;
  input.dim = features.defined() ? features.size(1) : 0;
  input.samples = split.labels.size(0);
  Looks looks(plan, input, kept);
  while (looks.Begin()) {
    for (int64_t i = 0; i < input.samples; i += split.batch) {
      Batch batch;
      if (features.defined()) {
        batch.features = features.slice(0, i, i + split.batch);
      } else {
        batch.logits = split.logits.slice(0, i, i + split.batch);
        batch.objective = batch.logits.abs().sum();  // of any kind
      }
      batch.labels = split.labels.slice(0, i, i + split.batch);
      batch.fine_labels = batch.labels;
      batch.decisions = decisions.slice(0, i, i + split.batch);
      looks.Add(batch);
    }
  }
}

// All rows of `metric`.
absl::StatusOr<std::vector<LayerValue>> ValuesOf(const std::string& metric,
                                                 const Split& split) {
  NCLAB_ASSIGN_OR_RETURN(const StatisticPlan plan, PlanMetrics({metric}));
  const auto of = [&](StatisticTime time) {
    return Select(plan, StatisticScope::kLayer, time);
  };
  SplitMeasurements now, last;
  LookAt(Select(plan, StatisticScope::kSplit, StatisticTime::kNow), split, {},
         {}, now.whole);
  for (size_t i = 0; i < std::size(kLayers); ++i) {
    const LayerRows& rows = split.layers[i];
    Kept train, own, at_end;
    LookAt(of(StatisticTime::kNow), split, rows.train, {}, train);
    if (kLayers[i] == std::string(kHeadLayer)) {
      const at::Tensor weight = split.weight.contiguous();
      const double* data = weight.const_data_ptr<double>();
      own.Set(kHead, Head{weight.size(0), weight.size(1),
                          std::vector<double>(data, data + weight.numel())}
                         .ToArrays());
    }
    StatisticInput input;
    input.train = &train;
    LookAt(of(StatisticTime::kNow), split, rows.now, input, own);
    LookAt(of(StatisticTime::kNow), split, rows.at_end, {}, at_end);
    LookAt(of(StatisticTime::kAtT), split, rows.at_end, {}, at_end);
    input.last = &at_end;
    LookAt(of(StatisticTime::kAfterT), split, rows.now, input, own);
    now.layers.push_back({kLayers[i], std::move(own)});
    last.layers.push_back({kLayers[i], std::move(at_end)});
  }
  return ValuesOf(metric, now, &last);
}

// How far apart two answers are, relative to their size; infinite if only one
// is a number.
double Distance(const LayerValue& a, const LayerValue& b) {
  const double x = a.value.value, y = b.value.value;
  if (std::isnan(x) && std::isnan(y)) return 0;
  const double distance =
      std::abs(x - y) / std::max({std::abs(x), std::abs(y), 1e-6});
  return std::isnan(distance) ? std::numeric_limits<double>::infinity()
                              : distance;
}

std::string Describe(const LayerValue& a, const LayerValue& b) {
  return absl::StrCat("layer '", a.layer, "', anchor '", a.anchor,
                      "': ", a.value.value, " became ", b.value.value);
}

// \error if a row differs by more than rounding.
absl::Status ExpectSame(const std::string& metric, const Split& changed) {
  NCLAB_ASSIGN_OR_RETURN(const auto before, ValuesOf(metric, Typical()));
  NCLAB_ASSIGN_OR_RETURN(const auto after, ValuesOf(metric, changed));
  if (before.size() != after.size()) {
    return absl::InternalError("The number of rows changed.");
  }
  for (size_t i = 0; i < before.size(); ++i) {
    if (Distance(before[i], after[i]) > kTolerance) {
      return absl::InternalError(Describe(before[i], after[i]));
    }
  }
  return absl::OkStatus();
}

absl::Status ExpectChange(const std::string& metric, const Split& changed) {
  NCLAB_ASSIGN_OR_RETURN(const auto before, ValuesOf(metric, Typical()));
  NCLAB_ASSIGN_OR_RETURN(const auto after, ValuesOf(metric, changed));
  for (size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    if (Distance(before[i], after[i]) > kChange) return absl::OkStatus();
  }
  return absl::InternalError(
      "No row changes: declare that it is invariant (metric.h).");
}

Split Rotated() {
  Split split = Typical();
  const at::Tensor q = std::get<0>(
      at::linalg_qr(at::randn({kDim, kDim}, at::TensorOptions(at::kDouble))));
  for (at::Tensor* rows : split.features()) *rows = rows->mm(q);
  split.weight = split.weight.mm(q);
  return split;
}

Split Moved() {
  Split split = Typical();
  const at::Tensor by = at::randn({kDim}, at::TensorOptions(at::kDouble)) * 10;
  for (at::Tensor* rows : split.features()) *rows = *rows + by;
  return split;
}

Split Scaled() {
  Split split = Typical();
  for (at::Tensor* rows : split.features()) *rows = *rows * 4.7;
  return split;
}

absl::Status CheckInvariance(const std::string& metric, bool declared) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Metrics().Find(metric));
  const struct {
    unsigned flag;
    const char* name;
    Split (*change)();
  } kChanges[] = {{kInvariantToRotation, "rotation", Rotated},
                  {kInvariantToTranslation, "translation", Moved},
                  {kInvariantToScale, "scale", Scaled}};
  for (const auto& change : kChanges) {
    if (((entry->info.invariance & change.flag) != 0) != declared) continue;
    const absl::Status status = declared
                                    ? ExpectSame(metric, change.change())
                                    : ExpectChange(metric, change.change());
    if (!status.ok()) {
      return absl::InternalError(
          absl::StrCat(change.name, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

void Reorder(const at::Tensor& order, Split& split) {
  std::vector<at::Tensor*> all = split.features();
  all.insert(all.end(), {&split.labels, &split.logits});
  for (at::Tensor* rows : all) *rows = rows->index_select(0, order);
}

// Keeps the first `n` samples.
Split First(int64_t n) {
  Split split = Typical();
  Reorder(at::arange(n, at::TensorOptions(at::kLong)), split);
  return split;
}

absl::Status SaysWhy(const std::string& metric, const char* what,
                     const Split& split) {
  NCLAB_ASSIGN_OR_RETURN(const auto values, ValuesOf(metric, split));
  for (const LayerValue& row : values) {
    const MetricValue& value = row.value;
    if (std::isfinite(value.value) == value.undefined.empty()) continue;
    return absl::InternalError(
        absl::StrCat(what, ": the value is ", value.value, ", the reason '",
                     value.undefined, "'; expected one or the other."));
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<MetricPromise>& MetricPromises() {
  static const auto* const promises = new std::vector<MetricPromise>{
      {"DescribesItself",
       [](const std::string& metric) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry, Metrics().Find(metric));
         const MetricInfo& info = entry->info;
         if (info.summary.empty() || info.reference.empty() ||
             info.formula.empty() || info.undefined.empty()) {
           return absl::InternalError(
               "Its summary, reference, formula or undefined is empty.");
         }
         NCLAB_RETURN_IF_ERROR(PlanMetrics({metric}).status());
         if (info.scope == MetricScope::kSplit &&
             info.anchors != MetricAnchors::kNone) {
           return absl::InternalError("A split as a whole has no anchor.");
         }
         return absl::OkStatus();
       }},
      {"GivesANumberWhereEverythingIsThere",
       [](const std::string& metric) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto values, ValuesOf(metric, Typical()));
         if (values.empty()) return absl::InternalError("There is no row.");
         for (const LayerValue& row : values) {
           if (std::isfinite(row.value.value)) continue;
           return absl::InternalError(absl::StrCat("anchor '", row.anchor,
                                                   "': ", row.value.undefined));
         }
         return absl::OkStatus();
       }},
      {"IsInvariantToWhatItDeclares",
       [](const std::string& metric) { return CheckInvariance(metric, true); }},
      {"ChangesUnderWhatItDoesNotDeclare",
       [](const std::string& metric) {
         return CheckInvariance(metric, false);
       }},
      {"DoesNotDependOnTheOrderOfSamples",
       [](const std::string& metric) {
         Split split = Typical();
         Reorder(at::randperm(kSamples, at::TensorOptions(at::kLong)), split);
         return ExpectSame(metric, split);
       }},
      {"DoesNotDependOnTheSplitIntoBatches",
       [](const std::string& metric) -> absl::Status {
         for (const int64_t batch : {1, 7, 128}) {
           Split split = Typical();
           split.batch = batch;
           NCLAB_RETURN_IF_ERROR(ExpectSame(metric, split));
         }
         return absl::OkStatus();
       }},
      {"DoesNotDependOnTheNumberingOfClasses",
       [](const std::string& metric) {
         Split split = Typical();
         const at::Tensor numbers =
             at::tensor({4, 2, 5, 0, 1, 3}, at::TensorOptions(at::kLong));
         split.labels = numbers.index_select(0, split.labels);
         const at::Tensor back = numbers.argsort();
         split.weight = split.weight.index_select(0, back);
         split.logits = split.logits.index_select(1, back);
         return ExpectSame(metric, split);
       }},
      {"SaysWhyThereIsNoNumber",
       [](const std::string& metric) -> absl::Status {
         NCLAB_RETURN_IF_ERROR(SaysWhy(metric, "no samples", First(0)));
         NCLAB_RETURN_IF_ERROR(SaysWhy(metric, "one sample", First(1)));
         Split split = Typical();
         split.labels = at::zeros_like(split.labels);
         NCLAB_RETURN_IF_ERROR(SaysWhy(metric, "one class", split));
         split = First(60);
         split.labels = at::cat(
             {at::zeros_like(split.labels), at::ones_like(split.labels)});
         // Another order, another rounding, the same means.
         std::vector<at::Tensor*> all = split.features();
         all.push_back(&split.logits);
         for (at::Tensor* rows : all) {
           *rows = at::cat({*rows, rows->flip(0)});
         }
         NCLAB_RETURN_IF_ERROR(SaysWhy(metric, "equal means", split));
         split = Typical();
         for (at::Tensor* rows : split.features()) {
           *rows = at::full_like(*rows, 0.1);
         }
         NCLAB_RETURN_IF_ERROR(SaysWhy(metric, "constant features", split));
         split = Typical();
         split.weight = at::zeros_like(split.weight);
         NCLAB_RETURN_IF_ERROR(SaysWhy(metric, "W = 0", split));
         for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity()}) {
           split = Typical();
           for (LayerRows& layer : split.layers) layer.now[3][4] = bad;
           NCLAB_RETURN_IF_ERROR(SaysWhy(metric, "not finite", split));
         }
         return absl::OkStatus();
       }},
  };
  return *promises;
}

}  // namespace nclab
