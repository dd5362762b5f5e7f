// What this machine can do at most: the matrix products of one step of figure
// 6's MLP and nothing else, and the memory's bandwidth.
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

// One Linear of a step: y = x W^T, dx = dy W, dW = dy^T x, all into memory that
// is there.
struct Products {
  at::Tensor x, w, y, dx, dw;
  bool input_gradient;

  Products(int64_t batch, int64_t in, int64_t out, bool input_gradient)
      : x(at::randn({batch, in})),
        w(at::randn({out, in})),
        y(at::randn({batch, out})),
        dx(at::empty({batch, in})),
        dw(at::empty({out, in})),
        input_gradient(input_gradient) {}

  void Run() {
    at::mm_out(y, x, w.t());
    if (input_gradient) at::mm_out(dx, y, w);
    at::mm_out(dw, y.t(), x);
  }
  double Operations() const {
    return 2.0 * static_cast<double>(x.size(0) * w.numel()) *
           (input_gradient ? 3 : 2);
  }
};

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 1);
  at::globalContext().setFlushDenormal(true);
  const at::NoGradGuard no_grad;
  constexpr int64_t kBatch = 128;
  std::vector<Products> layers;
  layers.emplace_back(kBatch, 784, 1024, false);
  layers.emplace_back(kBatch, 1024, 1024, true);
  layers.emplace_back(kBatch, 1024, 1024, true);
  layers.emplace_back(kBatch, 1024, 10, true);
  double operations = 0;
  for (const Products& layer : layers) operations += layer.Operations();
  const auto step = [&] {
    for (Products& layer : layers) layer.Run();
  };
  MedianSeconds(5, step);
  const double seconds = MedianSeconds(51, step);
  std::printf("sgemm of an MLP step (batch %ld): %.2f ms, %.0f GFLOP/s\n",
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
