#include "metrics/features/measure.h"

#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "metrics/features/readers/row_reader.h"
#include "metrics/features/samples.h"
#include "metrics/statistics/kept/geometry.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Logits computed at once.
constexpr int64_t kLogits = 1 << 20;

// `sums`: those of class_moments among them. \error kInvalidArgument if they
// are not finite, or could not be squared.
absl::Status CheckRange(const std::map<std::string, Arrays>& sums,
                        RowReader& reader) {
  Kept kept;
  kept.Set("class_moments", sums.at("class_moments"));
  const Moments& moments = kept.As<Moments>();
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

// Of the split as a whole.
class Whole {
 public:
  Whole(const StatisticPlan& plan, Samples& samples, Kept& kept)
      : samples_(samples),
        looks_(Select(plan, StatisticScope::kSplit, StatisticTime::kNow),
               {.classes = samples.classes, .samples = samples.n}, kept),
        decider_(samples, looks_) {
    looks_.Begin();
  }

  void Add(const at::Tensor& logits, int64_t first) {
    decider_.Add(logits, first);
  }
  // What looks at the split a second time sees decisions, not logits.
  void Finish() {
    while (looks_.Begin()) {
      Batch batch;
      batch.labels = samples_.label_tensor;
      batch.decisions = samples_.decisions;
      looks_.Add(batch);
    }
  }
  bool finite() const { return decider_.finite(); }

 private:
  Samples& samples_;
  Looks looks_;
  Decider decider_;
};

// What statistics of a layer may look at besides its rows: of the training
// split, and at T. Either may be nullptr.
struct Beside {
  const Kept* train = nullptr;
  const Kept* last = nullptr;
};

// Looks at rows of `reader` until `kept` has what is in `plan`. The split's
// decisions are made by `classifier` in the first look, if there is one.
// \error kInvalidArgument as MeasureFeatures().
absl::Status LookAt(const StatisticPlan& plan, RowReader& reader,
                    const Samples& samples, const Beside& beside, Kept& kept,
                    const Classifier* classifier = nullptr,
                    Whole* whole = nullptr) {
  const at::Tensor transposed =
      classifier ? classifier->weight.t() : at::Tensor();
  // Where K is more than D, logits are larger than the block of features.
  const int64_t step =
      classifier ? std::max<int64_t>(1, kLogits / transposed.size(1)) : 1;
  const auto decide = [&](const at::Tensor& rows, int64_t first) {
    for (int64_t i = 0; i < rows.size(0); i += step) {
      at::Tensor logits =
          rows.slice(0, i, i + step).to(at::kDouble).mm(transposed);
      if (classifier->bias.defined()) logits += classifier->bias;
      whole->Add(logits, first + i);
    }
  };
  StatisticInput input = {
      .classes = samples.classes, .dim = reader.dim(), .samples = samples.n};
  input.train = beside.train;
  input.last = beside.last;
  Looks looks(plan, input, kept);
  bool first_look = !kept.Has("class_moments");
  for (bool more = looks.Begin(); more; more = looks.Begin()) {
    NCLAB_RETURN_IF_ERROR(
        reader.Visit([&](const at::Tensor& rows, int64_t first) {
          if (first_look && classifier != nullptr) decide(rows, first);
          const int64_t end = first + rows.size(0);
          Batch batch;
          batch.features = rows;
          batch.labels = samples.label_tensor.slice(0, first, end);
          if (samples.fine_labels.defined()) {
            batch.fine_labels = samples.fine_labels.slice(0, first, end);
          }
          if (samples.decisions.defined()) {
            batch.decisions = samples.decisions.slice(0, first, end);
          }
          looks.Add(batch);
        }));
    if (!first_look) continue;
    first_look = false;
    NCLAB_RETURN_IF_ERROR(CheckRange(looks.Sums(), reader));
    if (classifier != nullptr && !whole->finite()) return reader.NotFinite();
  }
  return absl::OkStatus();
}

// \error kInvalidArgument if `layer` of the training split is not there or of
// another D.
absl::StatusOr<Beside> TrainingLayer(const FeatureMeasurements* train,
                                     const LayerSource& layer, bool at_end) {
  if (train == nullptr) return Beside();
  const Kept* found = train->now.Find(layer.name);
  const int64_t dim = layer.features.shape()[1];
  if (found == nullptr || found->As<Moments>().dim != dim) {
    return absl::InvalidArgumentError(absl::StrCat(
        layer.features.description(), " is [N, ", dim, "]; the training split ",
        found == nullptr ? absl::StrCat("has no layer '", layer.name, "'")
                         : absl::StrCat("has D = ", found->As<Moments>().dim),
        ". Both need the same layers."));
  }
  const Kept* last = train->last.Find(layer.name);
  return Beside{at_end && last != nullptr ? last : found, nullptr};
}

// \error kInvalidArgument if statistics would need a matrix of more than
// kMostInGram rows: its size.
absl::Status CheckSize(const FeatureSources& sources, const StatisticPlan& plan,
                       int64_t classes) {
  for (const auto* entry : plan) {
    if (entry->info.name != "projections") continue;
    for (const LayerSource& layer : sources.layers) {
      const int64_t dim = layer.features.shape()[1];
      const std::string why = WhyNoGram(std::min(classes, dim));
      if (why.empty()) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          layer.features.description(), " has D = ", dim, " and ", classes,
          " classes; ", why,
          ". Ask for metrics that need no projections: --metrics=cdnv."));
    }
  }
  return absl::OkStatus();
}

// What is looked at in the finals of a layer: what is fitted at T, and what
// metrics of both anchors take from there.
StatisticPlan OfFinals(const StatisticPlan& plan) {
  std::vector<std::string> names = {"class_moments"};
  for (const auto* entry : plan) {
    if (entry->info.time != StatisticTime::kAtT) continue;
    names.insert(names.end(), entry->info.after.begin(),
                 entry->info.after.end());
  }
  for (const auto* entry : Metrics().List()) {
    if (entry->info.anchors != MetricAnchors::kBoth) continue;
    for (const std::string& name : entry->info.statistics) {
      const std::string statistic = name.substr(0, name.find('.'));
      if (PlanStatistics({statistic}).ok()) names.push_back(statistic);
    }
  }
  const auto needed = PlanStatistics(names);
  StatisticPlan finals;
  for (const auto* entry : *needed) {
    if (std::find(plan.begin(), plan.end(), entry) != plan.end()) {
      finals.push_back(entry);
    }
  }
  return finals;
}

}  // namespace

const Kept& FeatureMeasurements::AtT(const Layer& layer) const {
  const Kept* finals = last.Find(layer.name);
  return finals ? *finals : layer.kept;
}

absl::StatusOr<FeatureMeasurements> MeasureFeatures(
    const FeatureSources& sources, const StatisticPlan& wanted,
    const FeatureMeasurements* train) {
  const c10::InferenceMode no_gradients;
  NCLAB_RETURN_IF_ERROR(CheckShapes(sources));
  Samples of_train;
  if (train != nullptr) {
    of_train.names = train->labels;
    of_train.fine_names = train->fine_labels;
  }
  NCLAB_ASSIGN_OR_RETURN(Samples samples,
                         ReadLabels(sources, train ? &of_train : nullptr));
  // These tell numbers that are not finite, whatever is wanted.
  std::vector<std::string> names = {"class_moments"};
  for (const auto* entry : wanted) names.push_back(entry->info.name);
  NCLAB_ASSIGN_OR_RETURN(const StatisticPlan plan, PlanStatistics(names));
  NCLAB_RETURN_IF_ERROR(CheckSize(sources, plan, samples.classes));
  const auto of_layers = [&](StatisticTime time) {
    return Select(plan, StatisticScope::kLayer, time);
  };

  FeatureMeasurements result;
  result.labels = samples.names;
  result.fine_labels = samples.fine_names;
  size_t head_layer = sources.layers.size();
  for (size_t i = 0; i < sources.layers.size(); ++i) {
    result.now.layers.push_back({sources.layers[i].name, {}});
    if (sources.layers[i].name == kHeadLayer) head_layer = i;
  }
  Classifier classifier;
  if (sources.weight) {
    NCLAB_ASSIGN_OR_RETURN(classifier, ReadClassifier(sources));
    const at::Tensor& weight = classifier.weight;
    const double* data = weight.const_data_ptr<double>();
    if (head_layer < sources.layers.size()) {
      result.now.layers[head_layer].kept.Set(
          kHead, Head{weight.size(0), weight.size(1),
                      std::vector<double>(data, data + weight.numel())}
                     .ToArrays());
    }
  }
  const bool by_classifier =
      !sources.logits && sources.weight && head_layer < sources.layers.size();
  std::unique_ptr<Whole> whole;
  if (sources.logits || by_classifier) {
    whole = std::make_unique<Whole>(plan, samples, result.now.whole);
  }
  if (sources.logits) {
    RowReader logits(*sources.logits);
    NCLAB_RETURN_IF_ERROR(
        logits.Visit([&](const at::Tensor& rows, int64_t first) {
          whole->Add(rows, first);
        }));
    if (!whole->finite()) return logits.NotFinite();
  }
  // The head's input first: others look at the decisions made from it.
  std::vector<size_t> order;
  if (by_classifier) order.push_back(head_layer);
  for (size_t i = 0; i < sources.layers.size(); ++i) {
    if (!by_classifier || i != head_layer) order.push_back(i);
  }
  std::vector<Kept> finals(sources.layers.size());
  for (const size_t i : order) {
    const LayerSource& source = sources.layers[i];
    Kept& kept = result.now.layers[i].kept;
    RowReader reader(source.features);
    const bool decides = by_classifier && i == head_layer;
    NCLAB_ASSIGN_OR_RETURN(Beside beside, TrainingLayer(train, source, false));
    NCLAB_RETURN_IF_ERROR(LookAt(of_layers(StatisticTime::kNow), reader,
                                 samples, beside, kept,
                                 decides ? &classifier : nullptr, whole.get()));
    Kept& at_end = source.finals ? finals[i] : kept;
    NCLAB_ASSIGN_OR_RETURN(const Beside beside_end,
                           TrainingLayer(train, source, true));
    if (source.finals) {
      RowReader final_reader(*source.finals);
      NCLAB_RETURN_IF_ERROR(LookAt(
          Select(OfFinals(plan), StatisticScope::kLayer, StatisticTime::kNow),
          final_reader, samples, beside_end, at_end));
      NCLAB_RETURN_IF_ERROR(LookAt(of_layers(StatisticTime::kAtT), final_reader,
                                   samples, beside_end, at_end));
    } else {
      NCLAB_RETURN_IF_ERROR(LookAt(of_layers(StatisticTime::kAtT), reader,
                                   samples, beside_end, at_end));
    }
    beside.last = &at_end;
    NCLAB_RETURN_IF_ERROR(LookAt(of_layers(StatisticTime::kAfterT), reader,
                                 samples, beside, kept));
  }
  for (size_t i = 0; i < sources.layers.size(); ++i) {
    if (!sources.layers[i].finals) continue;
    result.last.layers.push_back(
        {sources.layers[i].name, std::move(finals[i])});
  }
  if (whole) whole->Finish();
  return result;
}

}  // namespace nclab
