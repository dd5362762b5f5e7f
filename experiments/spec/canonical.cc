#include "experiments/spec/canonical.h"

#include <set>
#include <vector>

#include "datasets/dataset.h"
#include "metrics/metric.h"
#include "models/model.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::StatusOr<RunSpec> Canonical(const RunSpec& spec) {
  NCLAB_ASSIGN_OR_RETURN(RunSpec result, CheckFields(spec));
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice dataset,
                         Datasets().Bind(spec.dataset));
  result.dataset = dataset.ToString();
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice model, Models().Bind(spec.model));
  result.model = model.ToString();
  std::vector<std::string> metrics = spec.metrics;
  if (metrics.empty()) {
    for (const auto* entry : Metrics().List()) {
      metrics.push_back(entry->info.name);
    }
  }
  std::set<std::string> bound;
  for (const std::string& metric : metrics) {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Metrics().Bind(metric));
    bound.insert(choice.ToString());
  }
  result.metrics.assign(bound.begin(), bound.end());
  if (!spec.init_from.empty()) {
    NCLAB_ASSIGN_OR_RETURN(result.init_from, CanonicalText(spec.init_from));
  }
  return result;
}

absl::StatusOr<std::string> CanonicalText(absl::string_view text) {
  NCLAB_ASSIGN_OR_RETURN(const RunSpec spec, RunSpecFromJson(text));
  NCLAB_ASSIGN_OR_RETURN(const RunSpec canonical, Canonical(spec));
  return ToJson(canonical);
}

}  // namespace nclab
