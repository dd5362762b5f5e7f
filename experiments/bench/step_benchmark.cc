// One SGD step of the MLP of figure 6, and one evaluation of all its layers on
// both splits beside the bare forward passes.
#include <ATen/Parallel.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "benchmark/benchmark.h"
#include "experiments/recipes/batches.h"
#include "experiments/spec/canonical.h"
#include "experiments/training/device/device.h"
#include "experiments/training/evaluation/evaluation.h"
#include "experiments/training/training.h"
#include "models/model.h"

namespace nclab {
namespace {

constexpr char kModel[] = "mlp(width=1024,depth=3)";

void BM_MlpStep(benchmark::State& state) {
  RunSpec spec;
  spec.dataset = "mnist(train_per_class=100,test_per_class=20)";
  spec.model = kModel;
  RunOptions options;
  options.threads = static_cast<int>(state.range(0));
  const absl::StatusOr<RunSpec> canonical = Canonical(spec);
  for (auto _ : state) {
    const absl::StatusOr<RunCost> cost =
        MeasureCost(*canonical, options, 200, absl::InfiniteDuration());
    if (!cost.ok()) {
      state.SkipWithError(cost.status().ToString().c_str());
      return;
    }
    state.SetIterationTime(cost->step);
  }
}
BENCHMARK(BM_MlpStep)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime()
    ->Iterations(3);

struct Data {
  std::shared_ptr<Model> model;
  DeviceSplit train, test;
};

Data MakeData() {
  ConfigureProcess();  // as every run does
  const auto split = [](int64_t n) {
    return DeviceSplit{at::randn({n, 1, 28, 28}),
                       at::randint(10, {n}, at::TensorOptions(at::kLong))};
  };
  return {*MakeModel(*Models().Bind(kModel), {{1, 28, 28}, 10}), split(1000),
          split(200)};
}

void BM_Evaluation(benchmark::State& state) {
  const Data data = MakeData();
  std::vector<std::string> layers;
  for (const LayerInfo& layer : data.model->layers()) {
    layers.push_back(layer.name);
  }
  for (auto _ : state) {
    EvaluateSplit(*data.model, data.train, {10, layers});
    EvaluateSplit(*data.model, data.test, {10, layers});
  }
}
BENCHMARK(BM_Evaluation)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_BareForward(benchmark::State& state) {
  const Data data = MakeData();
  const c10::InferenceMode no_gradients;
  for (auto _ : state) {
    for (const DeviceSplit* split : {&data.train, &data.test}) {
      const int64_t n = split->labels.size(0);
      const int64_t size = EvaluationBatch(split->samples.sizes().slice(1));
      for (int64_t i = 0; i < n; i += size) {
        Taps taps;
        benchmark::DoNotOptimize(data.model->Forward(
            split->samples.slice(0, i, std::min(n, i + size)), taps));
      }
    }
  }
}
BENCHMARK(BM_BareForward)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace nclab
