// vci: variability collapse index, the mean over the directions of Sigma_B of
// what a linear least-squares fit of the classes leaves over:
//
//   1 - Tr(Sigma_T^+ Sigma_B) / rank(Sigma_B),  Sigma_T = Sigma_W + Sigma_B.
//
// Between 0, where the classes can be fitted exactly (which any N <= D samples
// in general position can), and 1. Unlike the trace of NC1 it is invariant to
// every invertible linear map of the features. On unbalanced data Sigma_T is no
// covariance of the samples, since Sigma_B averages over classes.
// Source: Xu, Liu, arXiv 2306.03440.
#include "metrics/second_moments.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    {.name = "vci",
     .summary = "variability collapse index: what a linear fit leaves over",
     .reference = "Xu, Liu, arXiv 2306.03440",
     .formula = "1 - Tr((Sigma_W + Sigma_B)^+ Sigma_B) / rank(Sigma_B)",
     .statistics = {"class_moments", "second_moments"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; the class means coincide; D is "
                  "above 2,048"},
    [](const Params&, const MetricInput& input) {
      if (input.Of<Moments>().present() < 2) {
        return Undefined("fewer than two classes are present");
      }
      const std::string why = WhyNoSecondMoments(input.now);
      if (!why.empty()) return Undefined(why);
      const int64_t rank = input.now.Get("second_moments", "rank").integer();
      if (rank == 0) return Undefined("the class means coincide");
      return DefinedIfFinite(
          input.now.Get("second_moments", "unexplained").real() /
              static_cast<double>(rank),
          "a number is not finite");
    });

}  // namespace
}  // namespace nclab
