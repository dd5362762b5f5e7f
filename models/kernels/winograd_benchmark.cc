// Forward and backward pass of a 3x3 convolution, Winograd's and LibTorch's:
// where WinogradIsFaster() comes from. OMP_NUM_THREADS sets the threads.
#include <ATen/ops/conv2d.h>
#include <ATen/ops/randn.h>

#include <array>
#include <vector>

#include "benchmark/benchmark.h"
#include "models/kernels/winograd.h"

namespace nclab {
namespace {

constexpr int64_t kBatch = 128;

at::Tensor LastRandn(at::IntArrayRef shape) {
  return at::randn(shape).contiguous(at::MemoryFormat::ChannelsLast);
}

template <typename Convolve>
void Run(benchmark::State& state, const Convolve& convolve) {
  const int64_t in = state.range(0), out = state.range(1),
                side = state.range(2);
  at::Tensor x = LastRandn({kBatch, in, side, side}).requires_grad_();
  at::Tensor w = LastRandn({out, in, 3, 3}).requires_grad_();
  const at::Tensor dy = LastRandn({kBatch, out, side, side});
  for (auto _ : state) {
    convolve(x, w).backward(dy);
    x.mutable_grad() = w.mutable_grad() = at::Tensor();
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      3 * 2e-9 * static_cast<double>(kBatch * side * side * 9 * in * out),
      benchmark::Counter::kIsIterationInvariantRate);
}

void BM_LibTorch(benchmark::State& state) {
  Run(state, [](const at::Tensor& x, const at::Tensor& w) {
    return at::conv2d(x, w, {}, 1, 1);
  });
}

void BM_Winograd(benchmark::State& state) {
  Run(state, [](const at::Tensor& x, const at::Tensor& w) {
    return WinogradConvolution(x, w, at::Tensor());
  });
}

void Shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const auto& [in, out, side] :
       std::vector<std::array<int64_t, 3>>{{64, 128, 16},
                                           {128, 256, 8},
                                           {256, 256, 8},
                                           {256, 512, 4},
                                           {512, 512, 4},
                                           {64, 64, 8},
                                           {128, 128, 4},
                                           {128, 32, 8},
                                           {32, 32, 16},
                                           {16, 16, 8},
                                           {256, 256, 2},
                                           {512, 512, 2}}) {
    benchmark->Args({in, out, side});
  }
}
BENCHMARK(BM_LibTorch)->Apply(Shapes);
BENCHMARK(BM_Winograd)->Apply(Shapes);

}  // namespace
}  // namespace nclab
