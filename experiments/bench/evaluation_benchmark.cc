// What an evaluation costs beside the forward passes that it cannot do without:
// every metric, on both splits, in turn with the bare passes.
//
// `ratio` is the median over the rounds of (evaluation / bare forward), each
// round measuring both, one after the other, in alternating order.
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "experiments/recipes/batches.h"
#include "experiments/training/device/device.h"
#include "experiments/training/evaluation/evaluation.h"
#include "metrics/metric.h"
#include "models/model.h"

namespace nclab {
namespace {

constexpr int64_t kClasses = 10;

struct Case {
  const char* model;
  std::vector<int64_t> sample;
  const char* layer;  // that is asked for, or all
  int64_t train, test;
};

DeviceSplit MakeSplit(int64_t n, const std::vector<int64_t>& sample) {
  std::vector<int64_t> shape = {n};
  shape.insert(shape.end(), sample.begin(), sample.end());
  return {at::randn(shape),
          at::randint(kClasses, {n}, at::TensorOptions(at::kLong))};
}

void BareForward(Model& model, const DeviceSplit& split) {
  const c10::InferenceMode no_gradients;
  const int64_t n = split.labels.size(0);
  const int64_t size = EvaluationBatch(split.samples.sizes().slice(1));
  for (int64_t i = 0; i < n; i += size) {
    Taps taps;
    benchmark::DoNotOptimize(
        model.Forward(split.samples.slice(0, i, std::min(n, i + size)), taps));
  }
}

template <typename Work>
double Seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2,
                   values.end());
  return values[values.size() / 2];
}

void BM_Evaluation(benchmark::State& state, const Case& what,
                   const std::vector<std::string>& metrics) {
  ConfigureProcess();  // as every run does
  at::manual_seed(1);
  const auto choice = Models().Bind(what.model);
  const std::shared_ptr<Model> model =
      *MakeModel(*choice, {what.sample, kClasses});
  model->eval();
  const DeviceSplit train = MakeSplit(what.train, what.sample);
  const DeviceSplit test = MakeSplit(what.test, what.sample);
  std::vector<std::string> names = metrics;
  if (names.empty()) {
    for (const auto* entry : Metrics().List()) {
      names.push_back(entry->info.name);
    }
  }
  EvaluationPlan plan;
  plan.classes = kClasses;
  plan.statistics = *PlanRun(names);
  for (const LayerInfo& layer : model->layers()) {
    plan.layers.push_back(layer.name);
  }
  plan.unasked = *Unasked(plan.layers, {what.layer});
  plan.always = *AlwaysKept();
  const auto bare = [&] {
    BareForward(*model, train);
    BareForward(*model, test);
  };
  const auto evaluate = [&] {
    TensorMap features;
    Evaluation evaluation;
    evaluation.train = EvaluateSplit(*model, train, plan);
    evaluation.test = EvaluateSplit(
        *model, test, plan, &evaluation.train,
        WaitingForT(plan.statistics).empty() ? nullptr : &features);
    benchmark::DoNotOptimize(
        MetricRows(names, evaluation, nullptr, plan.unasked));
  };
  bare();
  evaluate();
  std::vector<double> bares, evaluations, ratios;
  bool bare_first = true;
  for (auto _ : state) {
    double b = 0, e = 0;
    if (bare_first) b = Seconds(bare);
    e = Seconds(evaluate);
    if (!bare_first) b = Seconds(bare);
    bare_first = !bare_first;
    bares.push_back(b);
    evaluations.push_back(e);
    ratios.push_back(e / b);
    state.SetIterationTime(e);
  }
  state.counters["bare_ms"] = Median(bares) * 1e3;
  state.counters["evaluation_ms"] = Median(evaluations) * 1e3;
  state.counters["ratio"] = Median(ratios);
}

const std::vector<std::string> kVariances = {
    "accuracy", "between_variance", "cdnv",
    "loss",     "variance_ratio",   "within_variance"};

#define NCLAB_EVALUATION(name, iterations, metrics, ...)             \
  BENCHMARK_CAPTURE(BM_Evaluation, name, Case{__VA_ARGS__}, metrics) \
      ->Unit(benchmark::kMillisecond)                                \
      ->UseManualTime()                                              \
      ->Iterations(iterations)

NCLAB_EVALUATION(mlp_all_layers_variances, 41, kVariances,
                 "mlp(width=1024,depth=3)", {1, 28, 28}, "all", 1000, 200);
NCLAB_EVALUATION(mlp_all_layers_all_metrics, 41, {}, "mlp(width=1024,depth=3)",
                 {1, 28, 28}, "all", 1000, 200);
NCLAB_EVALUATION(resnet18_512_variances, 9, kVariances, "resnet18", {3, 32, 32},
                 "features", 1000, 500);
NCLAB_EVALUATION(vgg11_bn_4096_variances, 5, kVariances, "vgg11_bn",
                 {3, 32, 32}, "features", 1000, 500);
NCLAB_EVALUATION(resnet18_512_all_metrics, 9, {}, "resnet18", {3, 32, 32},
                 "features", 1000, 500);
NCLAB_EVALUATION(vgg11_bn_4096_all_metrics, 5, {}, "vgg11_bn", {3, 32, 32},
                 "features", 1000, 500);

}  // namespace
}  // namespace nclab
