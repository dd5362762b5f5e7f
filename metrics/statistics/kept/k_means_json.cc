#include "metrics/statistics/kept/k_means_json.h"

#include <utility>

namespace nclab {

nlohmann::ordered_json ToJson(const std::string& layer, const KMeans& fit) {
  // The library writes a number that is not finite as null.
  nlohmann::ordered_json starts = nlohmann::ordered_json::array();
  for (size_t i = 0; i < fit.starts.size(); ++i) {
    const KMeansStart& start = fit.starts[i];
    starts.push_back({{"from", KMeans::StartName(i)},
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
