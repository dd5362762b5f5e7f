// ClassMoments at the sizes of ResNet18 (D = 512) and VGG (D = 4096), beside
// the time to read the same tensor once.
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include "benchmark/benchmark.h"
#include "metrics/statistics/sums/class_moments.h"

namespace nclab {
namespace {

constexpr int64_t kSamples = 50000;
constexpr int64_t kBatch = 500;

void BM_ClassMoments(benchmark::State& state) {
  const int64_t dim = state.range(0);
  const at::Tensor features = at::randn({kSamples, dim});
  const at::Tensor labels =
      at::randint(10, {kSamples}, at::TensorOptions(at::kLong));
  for (auto _ : state) {
    ClassMoments moments(10, dim, at::kCPU);
    for (int64_t i = 0; i < kSamples; i += kBatch) {
      moments.Add(features.slice(0, i, i + kBatch),
                  labels.slice(0, i, i + kBatch));
    }
    benchmark::DoNotOptimize(moments.Finish());
  }
  state.SetBytesProcessed(state.iterations() * kSamples * dim * 4);
}
BENCHMARK(BM_ClassMoments)
    ->Arg(512)
    ->Arg(4096)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_ReadOnce(benchmark::State& state) {
  const at::Tensor features = at::randn({kSamples, state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(features.sum().item<float>());
  state.SetBytesProcessed(state.iterations() * features.numel() * 4);
}
BENCHMARK(BM_ReadOnce)
    ->Arg(512)
    ->Arg(4096)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace nclab
