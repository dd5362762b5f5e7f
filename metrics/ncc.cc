// ncc_*, nc4_*: NC4, samples by their nearest class mean.
//
// Without a suffix the means are the split's own class means; *_train_means
// are those of the training split at the same step, on split test only.
// Source: nearest class centre, Papyan, Han, Donoho, arXiv 2008.08186, section
// 2 and figure 7.
#include "metrics/projected.h"

namespace nclab {
namespace {

using Count = int64_t NearestMeans::*;

// `count` of the samples looked at by `means`, as a share.
MetricFunction Share(NearestMeans Projections::*means, Count count) {
  return [means, count](const Params&, const MetricInput& input) {
    const NearestMeans& nearest = input.Of<Projections>().*means;
    const char* why = WhyUndefined(input, nearest.coincide);
    if (*why != 0) return Undefined(why);
    return Defined(static_cast<double>(nearest.*count) /
                   static_cast<double>(input.Of<Moments>().total()));
  };
}

constexpr char kUndefined[] =
    "fewer than two classes; the class means coincide";

NCLAB_REGISTER_METRIC(
    {.name = "ncc_accuracy",
     .summary = "share of samples whose nearest class mean is their label's",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186",
     .formula = "(1/N) #{arg min_c |h - mu_c| = y}",
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = kUndefined},
    Share(&Projections::own, &NearestMeans::correct));

NCLAB_REGISTER_METRIC(
    {.name = "ncc_accuracy_train_means",
     .summary = "share of samples whose nearest class mean is their label's, "
                "train means",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186",
     .formula = "(1/N) #{arg min_c |h - mu_c(train)| = y}",
     .statistics = {"class_moments", "projections.train_correct"},
     .invariance = kInvariantToAll,
     .undefined = kUndefined},
    Share(&Projections::train, &NearestMeans::correct));

NCLAB_REGISTER_METRIC(
    {.name = "nc4_ncc_mismatch",
     .summary =
         "share of samples whose nearest mean is not the network's decision",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 7",
     .formula = "(1/N) #{arg min_c |h - mu_c| != arg max logits}",
     .statistics = {"class_moments", "projections.disagree"},
     .invariance = kInvariantToAll,
     .undefined = kUndefined},
    Share(&Projections::own, &NearestMeans::disagree));

NCLAB_REGISTER_METRIC(
    {.name = "nc4_ncc_mismatch_train_means",
     .summary = "share of samples whose nearest mean is not the network's "
                "decision, train means",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 7",
     .formula = "(1/N) #{arg min_c |h - mu_c(train)| != arg max logits}",
     .statistics = {"class_moments", "projections.train_disagree"},
     .invariance = kInvariantToAll,
     .undefined = kUndefined},
    Share(&Projections::train, &NearestMeans::disagree));

}  // namespace
}  // namespace nclab
