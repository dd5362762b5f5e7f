// What this machine can do at most: the matrix products of one step of figure
// 6's MLP and nothing else, each by MKL or oneDNN, whichever is faster here;
// and the memory's bandwidth.
//
//   machine_limits THREADS
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "models/kernels/kernels.h"

namespace {

template <typename Work>
double MedianSeconds(int rounds, const Work& work) {
  std::vector<double> seconds;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + rounds / 2,
                   seconds.end());
  return seconds[rounds / 2];
}

// a b^T of one Linear of a step, by whichever library is faster here.
double Seconds(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor none;
  at::Tensor out = at::empty({a.size(0), b.size(0)});
  const auto mkl = [&] { at::mm_out(out, a, b.t()); };
  const auto one_dnn = [&] {
    nclab::AffineBy(nclab::ProductsOf::kOneDnn, a, b, none);
  };
  MedianSeconds(3, mkl);
  MedianSeconds(3, one_dnn);
  return std::min(MedianSeconds(31, mkl), MedianSeconds(31, one_dnn));
}

struct Shape {
  int64_t in, out;
  bool input_gradient;
};

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 1);
  at::globalContext().setFlushDenormal(true);
  const at::NoGradGuard no_grad;
  constexpr int64_t kBatch = 128;
  double operations = 0, seconds = 0;
  for (const Shape& layer : {Shape{784, 1024, false}, Shape{1024, 1024, true},
                             Shape{1024, 1024, true}, Shape{1024, 10, true}}) {
    const at::Tensor x = at::randn({kBatch, layer.in}),
                     w = at::randn({layer.out, layer.in}),
                     dy = at::randn({kBatch, layer.out});
    seconds += Seconds(x, w) + Seconds(dy.t(), x.t());
    if (layer.input_gradient) seconds += Seconds(dy, w.t());
    operations += 2.0 * static_cast<double>(kBatch * w.numel()) *
                  (layer.input_gradient ? 3 : 2);
  }
  std::printf("products of an MLP step (batch %ld): %.2f ms, %.0f GFLOP/s\n",
              static_cast<long>(kBatch), seconds * 1e3,
              operations / seconds / 1e9);

  // The SGD update of the MLP's parameters: 3 arrays read, 2 written.
  const int64_t n = int64_t{1} << 26;  // 256 MiB each
  at::Tensor a = at::empty({n}), b = at::empty({n}), c = at::empty({n});
  for (at::Tensor* t : {&a, &b, &c}) t->fill_(1);
  const auto triad = [&] { at::add_out(a, b, c, 3.0); };
  MedianSeconds(2, triad);
  const double bandwidth =
      3.0 * static_cast<double>(n) * sizeof(float) / MedianSeconds(7, triad);
  std::printf("memory, a = b + 3 c over 768 MiB: %.1f GB/s\n", bandwidth / 1e9);
  return 0;
}
