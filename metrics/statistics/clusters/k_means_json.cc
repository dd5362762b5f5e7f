#include "metrics/statistics/clusters/k_means_json.h"

#include <utility>

namespace nclab {

nlohmann::ordered_json ToJson(const std::string& layer, const KMeans& fit) {
  // The library writes a number that is not finite as null.
  nlohmann::ordered_json starts = nlohmann::ordered_json::array();
  for (const KMeansStart& start : fit.starts) {
    starts.push_back({{"from", start.from},
                      {"inertia", start.inertia},
                      {"ratio", start.ratio},
                      {"iterations", start.iterations},
                      {"empty", start.empty},
                      {"duplicate", start.duplicate}});
  }
  return {{"layer", layer},
          {"inertia", fit.inertia},
          {"degenerate", fit.degenerate},
          {"rows_seen", fit.rows_seen},
          {"starts", std::move(starts)}};
}

}  // namespace nclab
