// A fit of k-means as JSON, for runs and for measure.
#ifndef NCLAB_METRICS_STATISTICS_KEPT_K_MEANS_JSON_H_
#define NCLAB_METRICS_STATISTICS_KEPT_K_MEANS_JSON_H_

#include <string>

#include "metrics/statistics/kept/views.h"
#include "nlohmann/json.hpp"

namespace nclab {

// Layer, inertia, degenerate clusters and every start. A number that is not
// finite is null.
nlohmann::ordered_json ToJson(const std::string& layer, const KMeans& fit);

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_KEPT_K_MEANS_JSON_H_
