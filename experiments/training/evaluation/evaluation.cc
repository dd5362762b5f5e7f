#include "experiments/training/evaluation/evaluation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "experiments/records/seal.h"
#include "metrics/statistics/class_moments.h"
#include "metrics/statistics/projections.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {
namespace {

at::Tensor Borrow(const std::vector<double>& values,
                  std::vector<int64_t> shape) {
  return at::from_blob(const_cast<double*>(values.data()), shape,
                       at::TensorOptions(at::kDouble));
}

std::vector<double> Doubles(const at::Tensor& tensor) {
  const double* data = tensor.const_data_ptr<double>();
  return std::vector<double>(data, data + tensor.numel());
}

// The distinct tensors among the layers' features: layers may share one.
std::vector<size_t> Sources(const std::vector<at::Tensor>& tensors) {
  std::vector<size_t> source;
  for (size_t i = 0; i < tensors.size(); ++i) {
    source.push_back(i);
    for (size_t j = 0; j < i; ++j) {
      if (tensors[i].is_same(tensors[j])) {
        source[i] = j;
        break;
      }
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
  for (int64_t begin = 0; begin < n; begin += kEvaluationBatch) {
    if (plan.stop_requested && plan.stop_requested()) return false;
    const int64_t end = std::min(n, begin + kEvaluationBatch);
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
  return {weight.size(0), weight.size(1), Doubles(weight)};
}

std::vector<double> Numbers(const Projections& p) {
  return {p.finite ? 1.0 : 0.0,
          p.trace,
          static_cast<double>(p.rank),
          static_cast<double>(p.own.correct),
          static_cast<double>(p.own.disagree),
          p.own.coincide ? 1.0 : 0.0,
          p.has_train ? 1.0 : 0.0,
          static_cast<double>(p.train.correct),
          static_cast<double>(p.train.disagree),
          p.train.coincide ? 1.0 : 0.0};
}

std::optional<Projections> ProjectionsOf(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.numel() != 10 ||
      tensor.scalar_type() != at::kDouble) {
    return std::nullopt;
  }
  const double* v = tensor.const_data_ptr<double>();
  Projections p;
  p.finite = v[0] != 0;
  p.trace = v[1];
  p.rank = static_cast<int64_t>(v[2]);
  p.own = {static_cast<int64_t>(v[3]), static_cast<int64_t>(v[4]), v[5] != 0};
  p.has_train = v[6] != 0;
  p.train = {static_cast<int64_t>(v[7]), static_cast<int64_t>(v[8]), v[9] != 0};
  return p;
}

std::optional<Clusters> ClustersOf(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.numel() != 3 ||
      tensor.scalar_type() != at::kDouble) {
    return std::nullopt;
  }
  const double* v = tensor.const_data_ptr<double>();
  return Clusters{v[0], v[1], static_cast<int64_t>(v[2])};
}

}  // namespace

SplitMeasurements EvaluateSplit(Model& model, const DeviceSplit& split,
                                const EvaluationPlan& plan,
                                const SplitMeasurements* train,
                                TensorMap* features) {
  const c10::InferenceMode no_gradients;
  const bool was_training = model.is_training();
  model.eval();
  const at::Device device = split.samples.device();
  at::Tensor loss =
      at::zeros({}, at::TensorOptions(at::kDouble).device(device));
  at::Tensor objective = at::zeros_like(loss);
  at::Tensor correct =
      at::zeros({}, at::TensorOptions(at::kLong).device(device));
  const size_t count = plan.layers.size();
  const int64_t n = split.labels.size(0);
  const bool projected = plan.needs & kNeedsProjections;
  bool keep = false;
  std::vector<ClassMoments> moments;
  std::vector<size_t> source;
  std::vector<std::vector<at::Tensor>> kept(count);
  std::vector<at::Tensor> chosen;
  const bool ended = ForwardInBatches(
      model, split, plan,
      [&](int64_t begin, const at::Tensor& labels, const at::Tensor& logits,
          const std::vector<at::Tensor>& tensors) {
        if (begin == 0) {
          source = Sources(tensors);
          int64_t bytes = 0;
          for (size_t i = 0; i < count; ++i) {
            moments.emplace_back(plan.classes, tensors[i].size(1), device);
            if (source[i] != i) continue;
            bytes += n * tensors[i].size(1) * tensors[i].element_size();
          }
          keep =
              features != nullptr || (projected && bytes <= plan.kept_features);
        }
        const at::Tensor decisions = logits.argmax(1);
        loss += SumOfLosses(logits, labels);
        if (plan.objective) {
          objective += SumOfObjective(plan.objective, logits, labels);
        }
        correct += (decisions == labels).sum();
        if (projected) chosen.push_back(decisions);
        for (size_t i = 0; i < count; ++i) {
          if (source[i] != i) continue;
          moments[i].Add(tensors[i], labels);
          if (keep) kept[i].push_back(tensors[i]);
        }
      });
  SplitMeasurements result;
  if (!ended) {
    model.train(was_training);
    return result;
  }
  result.totals.samples = n;
  result.totals.correct = correct.item<int64_t>();
  result.totals.loss = loss.item<double>();
  if (plan.objective) result.totals.objective = objective.item<double>();
  for (size_t i = 0; i < count; ++i) {
    result.layers.push_back({plan.layers[i], moments[source[i]].Finish()});
  }
  if (plan.needs & (kNeedsHead | kNeedsWeightsGram)) {
    result.head = HeadOf(model);
  }
  if (projected) {
    std::vector<ProjectionSums> sums;
    for (size_t i = 0; i < count; ++i) {
      sums.emplace_back(result.layers[i].moments,
                        train == nullptr ? nullptr : &train->layers[i].moments,
                        device);
    }
    const auto add = [&](int64_t begin, const at::Tensor& labels,
                         const at::Tensor&,
                         const std::vector<at::Tensor>& tensors) {
      for (size_t i = 0; i < count; ++i) {
        if (source[i] != i) continue;
        sums[i].Add(tensors[i], labels,
                    chosen[static_cast<size_t>(begin / kEvaluationBatch)]);
      }
    };
    if (keep) {
      for (int64_t begin = 0; begin < n; begin += kEvaluationBatch) {
        std::vector<at::Tensor> tensors(count);
        for (size_t i = 0; i < count; ++i) {
          if (source[i] != i) continue;
          tensors[i] = kept[i][static_cast<size_t>(begin / kEvaluationBatch)];
        }
        add(begin,
            split.labels.slice(0, begin, std::min(n, begin + kEvaluationBatch)),
            {}, tensors);
      }
    } else if (!ForwardInBatches(model, split, plan, add)) {
      model.train(was_training);
      return result;
    }
    for (size_t i = 0; i < count; ++i) {
      result.layers[i].projections = source[i] == i
                                         ? sums[i].Finish()
                                         : result.layers[source[i]].projections;
    }
  }
  model.train(was_training);
  if (features != nullptr) {
    for (size_t i = 0; i < count; ++i) {
      (*features)[plan.layers[i]] = at::cat(kept[source[i]]).cpu();
    }
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
    const Evaluation* last) {
  std::vector<MetricRow> rows;
  MetricValues train(evaluation.train, last ? &last->train : nullptr);
  MetricValues test(evaluation.test, last ? &last->test : nullptr);
  for (const std::string& metric : metrics) {
    for (auto* split : {&train, &test}) {
      NCLAB_ASSIGN_OR_RETURN(const std::vector<LayerValue> values,
                             split->Of(metric));
      for (const LayerValue& value : values) {
        rows.push_back({evaluation.step, split == &train ? "train" : "test",
                        value.layer, metric, value.anchor, value.value.value});
      }
    }
  }
  return rows;
}

absl::Status SaveEvaluation(const std::string& path,
                            const Evaluation& evaluation) {
  TensorMap tensors;
  std::map<std::string, std::string> metadata = {
      {"step", absl::StrCat(evaluation.step)},
      {"wall_time", FormatDouble(evaluation.wall_time)}};
  for (const auto* split : {&evaluation.train, &evaluation.test}) {
    const std::string name = split == &evaluation.train ? "train" : "test";
    metadata[name + ".samples"] = absl::StrCat(split->totals.samples);
    metadata[name + ".correct"] = absl::StrCat(split->totals.correct);
    metadata[name + ".loss"] = FormatDouble(split->totals.loss);
    if (split->totals.objective) {
      metadata[name + ".objective"] = FormatDouble(*split->totals.objective);
    }
    for (size_t i = 0; i < split->layers.size(); ++i) {
      const LayerMeasurements& layer = split->layers[i];
      const Moments& moments = layer.moments;
      metadata[absl::StrCat(name, ".layer", i)] = layer.name;
      const std::string prefix = absl::StrCat(name, ".", i, ".");
      const int64_t classes = moments.classes();
      tensors[prefix + "count"] =
          at::tensor(moments.count, at::TensorOptions(at::kLong));
      tensors[prefix + "mean"] = Borrow(moments.mean, {classes, moments.dim});
      tensors[prefix + "scatter"] = Borrow(moments.scatter, {classes});
      const at::TensorOptions doubles(at::kDouble);
      if (layer.projections) {
        tensors[prefix + "projections"] =
            at::tensor(Numbers(*layer.projections), doubles);
      }
      if (layer.clusters) {
        tensors[prefix + "clusters"] = at::tensor(
            std::vector<double>{
                layer.clusters->within, layer.clusters->between,
                static_cast<double>(layer.clusters->degenerate)},
            doubles);
      }
    }
  }
  if (evaluation.train.head) {
    const Head& head = *evaluation.train.head;
    tensors["head"] = Borrow(head.weight, {head.classes, head.dim});
  }
  return SaveTensors(path, tensors, Sealed(std::move(metadata)));
}

absl::StatusOr<Evaluation> LoadEvaluation(const std::string& path) {
  NCLAB_RETURN_IF_ERROR(CheckSeal(path));
  NCLAB_ASSIGN_OR_RETURN(TensorFile file, LoadTensors(path));
  const auto damaged = [&] {
    return absl::DataLossError(
        absl::StrCat(path, " is not an evaluation of this program."));
  };
  Evaluation evaluation;
  if (!absl::SimpleAtoi(file.metadata["step"], &evaluation.step) ||
      !absl::SimpleAtod(file.metadata["wall_time"], &evaluation.wall_time)) {
    return damaged();
  }
  for (auto* split : {&evaluation.train, &evaluation.test}) {
    const std::string name = split == &evaluation.train ? "train" : "test";
    SplitTotals& totals = split->totals;
    if (!absl::SimpleAtoi(file.metadata[name + ".samples"], &totals.samples) ||
        !absl::SimpleAtoi(file.metadata[name + ".correct"], &totals.correct) ||
        !absl::SimpleAtod(file.metadata[name + ".loss"], &totals.loss)) {
      return damaged();
    }
    if (const auto found = file.metadata.find(name + ".objective");
        found != file.metadata.end() &&
        !absl::SimpleAtod(found->second, &totals.objective.emplace())) {
      return damaged();
    }
    for (int i = 0; file.metadata.count(absl::StrCat(name, ".layer", i)); ++i) {
      const std::string prefix = absl::StrCat(name, ".", i, ".");
      const at::Tensor count = file.tensors[prefix + "count"];
      const at::Tensor mean = file.tensors[prefix + "mean"];
      const at::Tensor scatter = file.tensors[prefix + "scatter"];
      if (!count.defined() || !mean.defined() || !scatter.defined() ||
          mean.dim() != 2 || count.numel() != mean.size(0) ||
          scatter.numel() != mean.size(0) || count.scalar_type() != at::kLong ||
          mean.scalar_type() != at::kDouble ||
          scatter.scalar_type() != at::kDouble) {
        return damaged();
      }
      Moments moments;
      moments.dim = mean.size(1);
      moments.count.assign(count.const_data_ptr<int64_t>(),
                           count.const_data_ptr<int64_t>() + count.numel());
      moments.mean = Doubles(mean);
      moments.scatter = Doubles(scatter);
      split->layers.push_back(
          {file.metadata[absl::StrCat(name, ".layer", i)], std::move(moments),
           ProjectionsOf(file.tensors[prefix + "projections"]),
           ClustersOf(file.tensors[prefix + "clusters"])});
    }
    const at::Tensor head = file.tensors["head"];
    if (head.defined()) {
      if (head.dim() != 2 || head.scalar_type() != at::kDouble) {
        return damaged();
      }
      split->head = Head{head.size(0), head.size(1), Doubles(head)};
    }
  }
  return evaluation;
}

}  // namespace nclab
