#include "experiments/training/evaluation/evaluation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "tools/base/errors.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// The distinct tensors among the layers' features: layers may share one. Of
// those that share, the head's input comes first, then the order of the layers.
std::vector<size_t> Sources(const std::vector<at::Tensor>& tensors,
                            const std::vector<std::string>& layers) {
  std::vector<size_t> source(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    source[i] = i;
    for (size_t j = tensors.size(); j-- > 0;) {
      if (!tensors[i].is_same(tensors[j])) continue;
      if (layers[source[i]] == kHeadLayer) break;
      if (j < source[i] || layers[j] == kHeadLayer) source[i] = j;
    }
  }
  return source;
}

// One forward pass over a split. visit(begin, labels, logits, features), the
// features one tensor [B, D] per layer, flattened. Answers whether it came to
// the end: plan.stop_requested was never true.
template <typename Visitor>
bool ForwardInBatches(Model& model, const DeviceSplit& split,
                      const EvaluationPlan& plan, const Visitor& visit) {
  const int64_t n = split.labels.size(0);
  const int64_t size = EvaluationBatch(split.samples.sizes().slice(1));
  for (int64_t begin = 0; begin < n; begin += size) {
    if (plan.stop_requested && plan.stop_requested()) return false;
    const int64_t end = std::min(n, begin + size);
    Taps taps(plan.layers);
    const at::Tensor logits =
        model.Forward(split.samples.slice(0, begin, end), taps);
    visit(begin, split.labels.slice(0, begin, end), logits, taps.tensors());
  }
  return true;
}

at::Tensor SumOfLosses(const at::Tensor& logits, const at::Tensor& labels) {
  return at::nll_loss(at::log_softmax(logits.to(at::kDouble), 1), labels, {},
                      at::Reduction::Sum);
}

// The same of `objective`, which gives means.
at::Tensor SumOfObjective(const Objective& objective, const at::Tensor& logits,
                          const at::Tensor& labels) {
  return objective(logits.to(at::kDouble), labels) * labels.size(0);
}

Head HeadOf(const Model& model) {
  const at::Tensor weight = model.named_parameters()[model.head() + ".weight"]
                                .detach()
                                .to(at::kCPU, at::kDouble)
                                .contiguous();
  const double* data = weight.const_data_ptr<double>();
  return {weight.size(0), weight.size(1),
          std::vector<double>(data, data + weight.numel())};
}

}  // namespace

absl::StatusOr<StatisticPlan> AlwaysKept() {
  return PlanStatistics({"decisions", "class_moments", "projections", "norms"});
}

int64_t EvaluationBatch(at::IntArrayRef shape) {
  constexpr int64_t kNumbers = int64_t{500} * 3 * 32 * 32, kMost = 2000;
  const int64_t numbers = std::max<int64_t>(c10::multiply_integers(shape), 1);
  return std::clamp<int64_t>(kNumbers / numbers, 1, kMost);
}

absl::StatusOr<StatisticPlan> PlanRun(const std::vector<std::string>& metrics) {
  NCLAB_ASSIGN_OR_RETURN(const StatisticPlan always, AlwaysKept());
  NCLAB_ASSIGN_OR_RETURN(const StatisticPlan wanted, PlanMetrics(metrics));
  std::vector<std::string> names;
  for (const auto* entry : always) names.push_back(entry->info.name);
  for (const auto* entry : wanted) names.push_back(entry->info.name);
  return PlanStatistics(names);
}

absl::StatusOr<std::set<std::string>> Unasked(
    const std::vector<std::string>& declared,
    const std::vector<std::string>& wanted) {
  if (wanted == std::vector<std::string>{"all"}) return std::set<std::string>();
  std::set<std::string> unasked(declared.begin(), declared.end());
  for (const std::string& name : wanted) {
    if (unasked.erase(name) == 0) {
      return absl::InvalidArgumentError(
          UnknownNameError("layer", name, declared, "Or write all.").message());
    }
  }
  return unasked;
}

SplitMeasurements EvaluateSplit(Model& model, const DeviceSplit& split,
                                const EvaluationPlan& plan,
                                const SplitMeasurements* train,
                                TensorMap* features) {
  const c10::InferenceMode no_gradients;
  const bool was_training = model.is_training();
  model.eval();
  const size_t count = plan.layers.size();
  const int64_t n = split.labels.size(0);
  const int64_t size = EvaluationBatch(split.samples.sizes().slice(1));
  const StatisticPlan asked =
      Select(plan.statistics, StatisticScope::kLayer, StatisticTime::kNow);
  const StatisticPlan unasked =
      Select(plan.always, StatisticScope::kLayer, StatisticTime::kNow);
  SplitMeasurements result;
  StatisticInput input = {
      .classes = plan.classes, .samples = n, .device = split.samples.device()};
  if (train != nullptr) input.train = &train->whole;
  Looks whole(
      Select(plan.statistics, StatisticScope::kSplit, StatisticTime::kNow),
      input, result.whole);
  for (const std::string& layer : plan.layers) {
    result.layers.push_back({layer, {}});
    if (layer != kHeadLayer) continue;
    result.layers.back().kept.Set(kHead, HeadOf(model).ToArrays());
  }
  std::vector<size_t> source;
  std::vector<std::unique_ptr<Looks>> looks(count);
  std::vector<std::vector<at::Tensor>> kept(count);
  std::vector<at::Tensor> chosen;
  bool keep = false;
  const auto begin_looks = [&](const std::vector<at::Tensor>& tensors) {
    source = Sources(tensors, plan.layers);
    int64_t bytes = 0;
    std::vector<bool> is_asked(count);
    for (size_t i = 0; i < count; ++i) {
      if (plan.IsAsked(plan.layers[i])) is_asked[source[i]] = true;
    }
    for (size_t i = 0; i < count; ++i) {
      if (source[i] != i) continue;
      bytes += n * tensors[i].size(1) * tensors[i].element_size();
      input.dim = tensors[i].size(1);
      input.train = train ? &train->layers[i].kept : nullptr;
      looks[i] = std::make_unique<Looks>(is_asked[i] ? asked : unasked, input,
                                         result.layers[i].kept);
      looks[i]->Begin();
    }
    keep = features != nullptr || ((LooksTwice(asked) || LooksTwice(unasked)) &&
                                   bytes <= plan.kept_features);
  };
  // Of samples from `begin` on, whose decisions are known.
  const auto add = [&](int64_t begin, const at::Tensor& labels,
                       const at::Tensor& logits,
                       const std::vector<at::Tensor>& tensors) {
    Batch batch;
    batch.labels = labels;
    if (split.fine_labels.defined()) {
      batch.fine_labels =
          split.fine_labels.slice(0, begin, begin + labels.size(0));
    }
    batch.decisions = chosen[static_cast<size_t>(begin / size)];
    for (size_t i = 0; i < count; ++i) {
      if (source[i] != i) continue;
      batch.features = tensors[i];
      looks[i]->Add(batch);
    }
    batch.features = at::Tensor();
    batch.logits = logits;
    if (logits.defined() && plan.objective) {
      batch.objective = SumOfObjective(plan.objective, logits, labels);
    }
    whole.Add(batch);
  };
  whole.Begin();
  bool ended = ForwardInBatches(
      model, split, plan,
      [&](int64_t begin, const at::Tensor& labels, const at::Tensor& logits,
          const std::vector<at::Tensor>& tensors) {
        if (begin == 0) begin_looks(tensors);
        chosen.push_back(logits.argmax(1));
        add(begin, labels, logits, tensors);
        for (size_t i = 0; keep && i < count; ++i) {
          if (source[i] == i) kept[i].push_back(tensors[i]);
        }
      });
  while (ended) {
    bool more = whole.Begin();
    for (const auto& layer : looks) {
      if (layer && layer->Begin()) more = true;
    }
    if (!more) break;
    if (!keep) {
      ended = ForwardInBatches(
          model, split, plan,
          [&](int64_t begin, const at::Tensor& labels, const at::Tensor&,
              const std::vector<at::Tensor>& tensors) {
            add(begin, labels, {}, tensors);
          });
      continue;
    }
    for (int64_t begin = 0; begin < n; begin += size) {
      std::vector<at::Tensor> tensors(count);
      for (size_t i = 0; i < count; ++i) {
        if (source[i] != i) continue;
        tensors[i] = kept[i][static_cast<size_t>(begin / size)];
      }
      add(begin, split.labels.slice(0, begin, std::min(n, begin + size)), {},
          tensors);
    }
  }
  model.train(was_training);
  if (!ended) return {};
  for (size_t i = 0; i < count; ++i) {
    if (source[i] == i) continue;
    result.layers[i].kept = result.layers[source[i]].kept;
    result.layers[i].kept.Erase(kHead);
  }
  if (features != nullptr) {
    for (size_t i = 0; i < count; ++i) {
      if (!plan.IsAsked(plan.layers[i])) continue;
      (*features)[plan.layers[i]] = at::cat(kept[source[i]]).cpu();
    }
    (*features)[kLabels] = split.labels.cpu();
    if (split.fine_labels.defined()) {
      (*features)[kFineLabels] = split.fine_labels.cpu();
    }
    (*features)[kDecisions] = at::cat(chosen).cpu();
  }
  return result;
}

std::optional<bool> MeanLossIsBelow(Model& model, const DeviceSplit& split,
                                    const EvaluationPlan& plan, double bound,
                                    const Objective& objective) {
  const c10::InferenceMode no_gradients;
  const bool was_training = model.is_training();
  model.eval();
  const double most = bound * static_cast<double>(split.labels.size(0));
  double loss = 0;
  bool stopped = false;
  EvaluationPlan cheap;
  cheap.stop_requested = [&] {
    stopped = plan.stop_requested && plan.stop_requested();
    return stopped || (!objective && !(loss < most));
  };
  ForwardInBatches(
      model, split, cheap,
      [&](int64_t, const at::Tensor& labels, const at::Tensor& logits,
          const std::vector<at::Tensor>&) {
        loss += (objective ? SumOfObjective(objective, logits, labels)
                           : SumOfLosses(logits, labels))
                    .item<double>();
      });
  model.train(was_training);
  if (stopped) return std::nullopt;
  return loss < most;
}

absl::StatusOr<std::vector<MetricRow>> MetricRows(
    const std::vector<std::string>& metrics, const Evaluation& evaluation,
    const Evaluation* last, const std::set<std::string>& unasked) {
  if (!unasked.empty()) {
    Evaluation asked = evaluation;
    for (SplitMeasurements* split : {&asked.train, &asked.test}) {
      std::erase_if(split->layers, [&](const Layer& layer) {
        return unasked.count(layer.name) > 0;
      });
    }
    return MetricRows(metrics, asked, last);
  }
  std::vector<MetricRow> rows;
  for (const std::string& metric : metrics) {
    for (const bool train : {true, false}) {
      const auto of = [&](const Evaluation& at) {
        return train ? &at.train : &at.test;
      };
      NCLAB_ASSIGN_OR_RETURN(
          const std::vector<LayerValue> values,
          ValuesOf(metric, *of(evaluation), last ? of(*last) : nullptr));
      for (const LayerValue& value : values) {
        rows.push_back({evaluation.step, train ? "train" : "test", value.layer,
                        metric, value.anchor, value.value.value});
      }
    }
  }
  return rows;
}

}  // namespace nclab
