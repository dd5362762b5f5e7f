// Our side of //experiments/bench:side_by_side: reads numbers of steps from
// standard input, a line each; answers each with the milliseconds that a
// training step took. Data are noise, so that no file is needed.
//
//   bench_step --work=resnet18 --threads=2 [--precision=bf16] [--rewrite=off]
#include <ATen/ops/randint.h>
#include <gflags/gflags.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "experiments/spec/canonical.h"
#include "experiments/training/training.h"

DEFINE_string(work, "mlp", "mlp, resnet18, vgg11_bn or densenet201");
DEFINE_string(device, "cpu", "cpu, cuda or cuda:N");
DEFINE_int32(threads, 1, "(1..1024) of the step");
DEFINE_string(precision, "fp32", "fp32 or bf16");
DEFINE_string(rewrite, "on", "exact rewrites: on or off");

namespace nclab {
namespace {

constexpr int64_t kSamples = 1280;

NCLAB_REGISTER_DATASET(
    {.name = "bench_noise",
     .summary = "uniform pixels and labels, for timing",
     .reference = "own",
     .params = {IntParam("depth", 3, "channels", 1, 3),
                IntParam("side", 32, "of the images", 1, 512)}},
    [](const Params& params, const DatasetContext&) -> absl::StatusOr<Dataset> {
      Dataset dataset;
      const int64_t side = params.Int("side");
      at::manual_seed(1);
      for (Split* split : {&dataset.train, &dataset.test}) {
        split->samples =
            at::randint(256, {kSamples, params.Int("depth"), side, side},
                        at::TensorOptions(at::kByte));
        split->labels =
            at::randint(10, {kSamples}, at::TensorOptions(at::kLong));
      }
      for (int i = 0; i < 10; ++i) {
        dataset.class_names.push_back(absl::StrCat(i));
      }
      return dataset;
    });

int Main() {
  RunSpec spec;
  spec.model = FLAGS_work == "mlp" ? "mlp(width=1024,depth=3)" : FLAGS_work;
  spec.dataset = FLAGS_work == "mlp" ? "bench_noise(depth=1,side=28)"
                                     : "bench_noise(depth=3,side=32)";
  spec.precision = FLAGS_precision;
  RunOptions options;
  options.device = FLAGS_device;
  options.threads = FLAGS_threads;
  options.rewrite = FLAGS_rewrite == "on";
  const absl::StatusOr<RunSpec> canonical = Canonical(spec);
  long steps = 0;
  while (std::scanf("%ld", &steps) == 1) {
    const absl::StatusOr<RunCost> cost =
        canonical.ok()
            ? MeasureCost(*canonical, options, static_cast<int>(steps),
                          absl::InfiniteDuration())
            : canonical.status();
    if (!cost.ok()) {
      std::fprintf(stderr, "%s\n", cost.status().ToString().c_str());
      return 1;
    }
    std::printf("%.4f\n", cost->step * 1e3);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  return nclab::Main();
}
