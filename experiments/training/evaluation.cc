#include "experiments/training/evaluation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "metrics/class_moments.h"
#include "tools/base/numbers.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensor_file.h"
#include "tools/base/torch_status.h"

namespace nclab {
namespace {

// Appends the rows of one metric for one split.
absl::Status AppendRows(const std::string& metric, absl::string_view split_name,
                        const SplitEvaluation& split,
                        const SplitEvaluation* last, int64_t step,
                        std::vector<MetricRow>& rows) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Metrics().Bind(metric));
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Metrics().Find(choice.name));
  const auto append = [&](const std::string& layer, const char* anchor,
                          const MetricInput& input) {
    rows.push_back({step, std::string(split_name), layer, metric, anchor,
                    entry->factory(choice.params, input).value});
  };
  MetricInput input;
  input.totals = &split.totals;
  if (entry->info.scope == MetricScope::kSplit) {
    append("", "", input);
    return absl::OkStatus();
  }
  for (size_t i = 0; i < split.layers.size(); ++i) {
    const auto& [layer, moments] = split.layers[i];
    input.moments = input.anchor = &moments;
    append(layer, entry->info.anchors == MetricAnchors::kNone ? "" : "own",
           input);
    if (entry->info.anchors == MetricAnchors::kBoth && last != nullptr) {
      input.anchor = &last->layers[i].second;
      append(layer, "final", input);
    }
  }
  return absl::OkStatus();
}

at::Tensor Borrow(const std::vector<double>& values,
                  std::vector<int64_t> shape) {
  return at::from_blob(const_cast<double*>(values.data()), shape,
                       at::TensorOptions(at::kDouble));
}

std::vector<double> Doubles(const at::Tensor& tensor) {
  const double* data = tensor.const_data_ptr<double>();
  return std::vector<double>(data, data + tensor.numel());
}

}  // namespace

SplitEvaluation EvaluateSplit(Model& model, const DeviceSplit& split,
                              int64_t classes,
                              const std::vector<std::string>& layers) {
  const c10::InferenceMode no_gradients;
  const bool was_training = model.is_training();
  model.eval();
  const at::Device device = split.samples.device();
  at::Tensor loss =
      at::zeros({}, at::TensorOptions(at::kDouble).device(device));
  at::Tensor correct =
      at::zeros({}, at::TensorOptions(at::kLong).device(device));
  std::vector<ClassMoments> moments;
  std::vector<size_t> source;  // layers that share a tensor share its moments
  const int64_t n = split.labels.size(0);
  for (int64_t begin = 0; begin < n; begin += kEvaluationBatch) {
    const int64_t end = std::min(n, begin + kEvaluationBatch);
    const at::Tensor labels = split.labels.slice(0, begin, end);
    Taps taps(layers);
    const at::Tensor logits =
        model.Forward(split.samples.slice(0, begin, end), taps);
    loss += at::nll_loss(at::log_softmax(logits.to(at::kDouble), 1), labels, {},
                         at::Reduction::Sum);
    correct += (logits.argmax(1) == labels).sum();
    for (size_t i = 0; i < layers.size(); ++i) {
      const at::Tensor& features = taps.tensors()[i];
      if (begin == 0) {
        source.push_back(i);
        for (size_t j = 0; j < i; ++j) {
          if (features.is_same(taps.tensors()[j])) source[i] = j;
        }
        moments.emplace_back(classes, features.size(1), device);
      }
      if (source[i] == i) moments[i].Add(features, labels);
    }
  }
  model.train(was_training);
  SplitEvaluation result;
  result.totals.samples = n;
  result.totals.correct = correct.item<int64_t>();
  result.totals.loss = loss.item<double>();
  for (size_t i = 0; i < layers.size(); ++i) {
    result.layers.emplace_back(layers[i], moments[source[i]].Finish());
  }
  return result;
}

absl::StatusOr<std::vector<MetricRow>> MetricRows(
    const std::vector<std::string>& metrics, const Evaluation& evaluation,
    const Evaluation* last) {
  std::vector<MetricRow> rows;
  for (const std::string& metric : metrics) {
    NCLAB_RETURN_IF_ERROR(AppendRows(metric, "train", evaluation.train,
                                     last == nullptr ? nullptr : &last->train,
                                     evaluation.step, rows));
    NCLAB_RETURN_IF_ERROR(AppendRows(metric, "test", evaluation.test,
                                     last == nullptr ? nullptr : &last->test,
                                     evaluation.step, rows));
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
    for (size_t i = 0; i < split->layers.size(); ++i) {
      const auto& [layer, moments] = split->layers[i];
      metadata[absl::StrCat(name, ".layer", i)] = layer;
      const std::string prefix = absl::StrCat(name, ".", i, ".");
      const int64_t classes = moments.classes();
      tensors[prefix + "count"] =
          at::tensor(moments.count, at::TensorOptions(at::kLong));
      tensors[prefix + "mean"] = Borrow(moments.mean, {classes, moments.dim});
      tensors[prefix + "scatter"] = Borrow(moments.scatter, {classes});
    }
  }
  return SaveTensors(path, tensors, metadata);
}

absl::StatusOr<Evaluation> LoadEvaluation(const std::string& path) {
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
      split->layers.emplace_back(file.metadata[absl::StrCat(name, ".layer", i)],
                                 std::move(moments));
    }
  }
  return evaluation;
}

}  // namespace nclab
