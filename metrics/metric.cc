#include "metrics/metric.h"

#include <utility>

namespace nclab {

MetricRegistry& Metrics() {
  static auto* const registry = new MetricRegistry("metric");
  return *registry;
}

bool Offers(const MetricInput& input, unsigned needs) {
  const Projections* projections = input.projections;
  return !((needs & kNeedsHead && input.head == nullptr) ||
           (needs & kNeedsMeansGram && input.means_gram == nullptr) ||
           (needs & kNeedsWeightsGram && input.weights_gram == nullptr) ||
           (needs & kNeedsProjections && projections == nullptr) ||
           (needs & kNeedsDecisions &&
            (projections == nullptr || projections->own.disagree < 0)) ||
           (needs & kNeedsTrainMeans &&
            (projections == nullptr || !projections->has_train)) ||
           (needs & kNeedsClusters && input.clusters == nullptr) ||
           (needs & kNeedsObjective &&
            (input.totals == nullptr || !input.totals->objective)));
}

bool RegisterMetric(MetricInfo info, MetricFunction function, const char* file,
                    int line) {
  Metrics().Register(std::move(info), std::move(function), file, line);
  return true;
}

}  // namespace nclab
