// gaussian_etf: vectors around the vertices of a simplex ETF, with a variance
// ratio that is known exactly. A control: it is made so that the *sample*
// statistics, not only their expectations, are the closed forms.
//
//   means    mu_c = offset + s (e_c - 1/K), s such that |mu_c - mu| = 1
//   noise    z_i antithetic (z, -z) per class, scaled so that the class's
//            mean square is exactly `ratio`: variance_ratio = ratio
//   CDNV = ratio (K-1) / (2K) for every pair of classes
// With noise=in_span all noise lies in the span of the centred means (f = 1).
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "tools/base/memory.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// [n, D] float64, n even, mean zero and mean square `ratio`, both exact.
at::Tensor Noise(int64_t n, int64_t dim, int64_t classes, double ratio,
                 bool in_span, at::Generator generator) {
  const at::TensorOptions options(at::kDouble);
  at::Tensor half = at::randn({n / 2, dim}, generator, options);
  if (in_span) {
    half.slice(1, classes).zero_();
    half.slice(1, 0, classes) -=
        half.slice(1, 0, classes).mean(1, /*keepdim=*/true);
  }
  half *= std::sqrt(ratio / half.pow(2).sum(1).mean().item<double>());
  at::Tensor noise = at::zeros({n, dim}, options);
  noise.slice(0, 0, n / 2) = half;
  noise.slice(0, n / 2, n) = -half;
  return noise;
}

absl::StatusOr<Dataset> MakeGaussianEtf(const Params& params,
                                        const DatasetContext&) {
  const int64_t classes = params.Int("num_classes");
  const int64_t dim = params.Int("dim");
  if (dim < classes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "dim=", dim, " of gaussian_etf is less than num_classes=", classes,
        "; the vertices need one dimension each."));
  }
  // A double and a float of each number.
  NCLAB_RETURN_IF_ERROR(CheckMemory(
      absl::StrCat("gaussian_etf with num_classes=", classes, ", dim=", dim,
                   ", per_class=", params.Int("per_class"),
                   ", test_samples=", params.Int("test_samples")),
      12.0 * static_cast<double>(classes) * static_cast<double>(dim) *
          (static_cast<double>(params.Int("per_class")) +
           static_cast<double>(params.Int("test_samples")))));
  at::Generator generator =
      at::detail::createCPUGenerator(static_cast<uint64_t>(params.Int("seed")));
  const double scale = std::sqrt(classes / (classes - 1.0));
  Dataset dataset;
  for (int64_t c = 0; c < classes; ++c) {
    dataset.class_names.push_back(absl::StrCat("vertex", c));
  }
  for (Split* split : {&dataset.train, &dataset.test}) {
    const int64_t per_class =
        params.Int(split == &dataset.train ? "per_class" : "test_samples");
    if (per_class % 2 != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("gaussian_etf has ", per_class,
                       " samples a class; expected an even "
                       "number, since noise comes in pairs z, -z."));
    }
    const at::TensorOptions options(at::kDouble);
    split->samples = at::zeros({classes * per_class, dim}, options);
    for (int64_t c = 0; c < classes; ++c) {
      // Class by class within a round, so that any prefix is balanced.
      at::Tensor rows = split->samples.slice(0, c, {}, classes);
      rows += Noise(per_class, dim, classes, params.Float("ratio"),
                    params.String("noise") == "in_span", generator);
      rows.slice(1, 0, classes) -= scale / classes;
      rows.select(1, c) += scale;
      rows += params.Float("offset");
    }
    split->labels =
        at::arange(classes * per_class, at::TensorOptions(at::kLong))
            .remainder(classes);
  }
  return dataset;
}

NCLAB_REGISTER_DATASET(
    {.name = "gaussian_etf",
     .summary =
         "control: noise of a known ratio around the vertices of a simplex ETF",
     .reference = "Papyan, Han, Donoho 2020 (simplex ETF)",
     .params = {FloatParam("ratio", 0.1,
                           "variance_ratio of each split, exactly", 0),
                IntParam("num_classes", 10, "K, the number of vertices", 2,
                         100000),
                IntParam("dim", 512, "D, the dimension", 2, 1000000),
                IntParam("per_class", 100, "training samples a class, even", 2),
                IntParam("test_samples", 20, "test samples a class, even", 2),
                FloatParam("offset", 0, "added to every coordinate"),
                StringParam("noise", "isotropic", "where the noise lies",
                            {"isotropic", "in_span"}),
                IntParam("seed", 0, "seed of the noise")},
     .terms = "made, not loaded"},
    MakeGaussianEtf);

}  // namespace
}  // namespace nclab
