#include "experiments/spec/canonical.h"

#include <algorithm>
#include <set>
#include <variant>
#include <vector>

#include "datasets/dataset.h"
#include "experiments/recipes/objective.h"
#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/schedule.h"
#include "experiments/recipes/stream.h"
#include "experiments/spec/fields.h"
#include "metrics/metric.h"
#include "models/model.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

template <typename Registry>
absl::StatusOr<std::string> Written(const Registry& registry,
                                    const std::string& choice, bool in_full) {
  if (!in_full) return registry.Short(choice);
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, registry.Bind(choice));
  return bound.ToString();
}

// `choice` of the registry of `noun`, in full or short.
absl::StatusOr<std::string> Written(const std::string& noun,
                                    const std::string& choice, bool in_full) {
  if (noun == "dataset") return Written(Datasets(), choice, in_full);
  if (noun == "model") return Written(Models(), choice, in_full);
  if (noun == "objective") return Written(Objectives(), choice, in_full);
  if (noun == "optimizer") return Written(Optimizers(), choice, in_full);
  if (noun == "schedule") return Written(Schedules(), choice, in_full);
  if (noun == "stream") return Written(Streams(), choice, in_full);
  return Written(Metrics(), choice, in_full);
}

absl::StatusOr<RunSpec> WithChoicesWritten(RunSpec spec, bool in_full) {
  for (const Field& field : Fields()) {
    if (field.is_choice()) {
      std::string& choice =
          spec.*std::get<std::string RunSpec::*>(field.member);
      NCLAB_ASSIGN_OR_RETURN(choice, Written(field.noun, choice, in_full));
    } else if (!field.noun.empty() && field.is_list()) {
      auto& list =
          spec.*std::get<std::vector<std::string> RunSpec::*>(field.member);
      std::set<std::string> written;
      for (const std::string& choice : list) {
        NCLAB_ASSIGN_OR_RETURN(std::string one,
                               Written(field.noun, choice, in_full));
        written.insert(std::move(one));
      }
      list.assign(written.begin(), written.end());
    }
  }
  return spec;
}

// What costs many forward passes an evaluation: D x D sums and probes.
bool OnRequestOnly(const MetricInfo& metric) {
  return std::any_of(metric.statistics.begin(), metric.statistics.end(),
                     [](const std::string& name) {
                       return name == "knn" || name == "ridge" ||
                              name == "second_moments";
                     });
}

}  // namespace

absl::StatusOr<RunSpec> Canonical(const RunSpec& spec) {
  NCLAB_ASSIGN_OR_RETURN(RunSpec result, CheckFields(spec));
  if (result.metrics.empty()) {
    for (const auto* entry : Metrics().List()) {
      if (!OnRequestOnly(entry->info)) {
        result.metrics.push_back(entry->info.name);
      }
    }
  }
  NCLAB_ASSIGN_OR_RETURN(
      result, WithChoicesWritten(std::move(result), /*in_full=*/true));
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice schedule,
                         Schedules().Bind(result.schedule));
  NCLAB_RETURN_IF_ERROR(MakeSchedule(schedule, {result.steps}).status());
  if (!spec.init_from.empty()) {
    NCLAB_ASSIGN_OR_RETURN(result.init_from, CanonicalText(spec.init_from));
  }
  return result;
}

absl::StatusOr<RunSpec> Shown(const RunSpec& canonical) {
  return WithChoicesWritten(canonical, /*in_full=*/false);
}

absl::StatusOr<std::string> CanonicalText(absl::string_view text) {
  NCLAB_ASSIGN_OR_RETURN(const RunSpec spec, RunSpecFromJson(text));
  NCLAB_ASSIGN_OR_RETURN(const RunSpec canonical, Canonical(spec));
  return ToJson(canonical);
}

}  // namespace nclab
