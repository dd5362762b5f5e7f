// Our side of //experiments/bench:side_by_side: reads numbers of steps from
// standard input, a line each; answers each with the milliseconds that a
// training step took. Data are noise, so that no file is needed.
//
//   bench_step --work=resnet18 --threads=2 [--precision=bf16] [--rewrite=off]
//     [--layout=plain] [--deterministic=off]
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
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"

DEFINE_string(work, "mlp", "mlp, resnet18, vgg11_bn or densenet201");
DEFINE_string(device, "cpu", "cpu, cuda or cuda:N");
DEFINE_int32(threads, 1, "(1..1024) of the step");
DEFINE_string(precision, "fp32", "fp32, bf16, or on CUDA tf32");
DEFINE_string(rewrite, "on", "exact rewrites: on or off");
DEFINE_string(layout, "channels_last",
              "of convolutions' weights: channels_last or plain");
DEFINE_string(deterministic, "on",
              "kernels that add in the same order every time: on or off");

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

// Whether a flag has the first of its two values. \error kInvalidArgument.
absl::Status Choose(const char* flag, const std::string& given,
                    const std::string& first, const std::string& second,
                    bool* is_first) {
  *is_first = given == first;
  if (*is_first || given == second) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, " is '", given, "'; expected ", first, " or ", second, "."));
}

absl::StatusOr<RunOptions> OptionsFromFlags() {
  RunOptions options;
  options.device = FLAGS_device;
  options.threads = FLAGS_threads;
  NCLAB_RETURN_IF_ERROR(
      Choose("rewrite", FLAGS_rewrite, "on", "off", &options.rewrite));
  NCLAB_RETURN_IF_ERROR(Choose("layout", FLAGS_layout, "channels_last", "plain",
                               &options.channels_last));
  NCLAB_RETURN_IF_ERROR(Choose("deterministic", FLAGS_deterministic, "on",
                               "off", &options.deterministic));
  return options;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "bench_step: %s\n", status.ToString().c_str());
  return ExitCodeFor(status);
}

int Main() {
  RunSpec spec;
  spec.model = FLAGS_work == "mlp" ? "mlp(width=1024,depth=3)" : FLAGS_work;
  spec.dataset = FLAGS_work == "mlp" ? "bench_noise(depth=1,side=28)"
                                     : "bench_noise(depth=3,side=32)";
  spec.precision = FLAGS_precision;
  const absl::StatusOr<RunOptions> options = OptionsFromFlags();
  if (!options.ok()) return Fail(options.status());
  const absl::StatusOr<RunSpec> canonical = Canonical(spec);
  if (!canonical.ok()) return Fail(canonical.status());
  long steps = 0;
  while (std::scanf("%ld", &steps) == 1) {
    const absl::StatusOr<RunCost> cost =
        MeasureCost(*canonical, *options, static_cast<int>(steps),
                    absl::InfiniteDuration());
    if (!cost.ok()) return Fail(cost.status());
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
