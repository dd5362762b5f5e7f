#include "metrics/evaluation/looks.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

const Params& DefaultParams(const StatisticRegistry::Entry& entry) {
  static auto* const made = new std::map<std::string, Params>;
  auto it = made->find(entry.info.name);
  if (it == made->end()) {
    it = made->emplace(entry.info.name,
                       Statistics().Bind(entry.info.name)->params)
             .first;
  }
  return it->second;
}

}  // namespace

absl::StatusOr<StatisticPlan> PlanStatistics(
    const std::vector<std::string>& names) {
  StatisticPlan plan;
  std::map<std::string, bool> done;  // false: on the way
  const std::function<absl::Status(const std::string&)> add =
      [&](const std::string& name) -> absl::Status {
    if (name == kHead) return absl::OkStatus();
    NCLAB_ASSIGN_OR_RETURN(const auto* entry, Statistics().Find(name));
    const auto [it, first] = done.emplace(name, false);
    if (!first && !it->second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Statistic '", name, "' looks at itself, by way of others."));
    }
    if (!first) return absl::OkStatus();
    for (const std::string& before : entry->info.after) {
      NCLAB_RETURN_IF_ERROR(add(before));
    }
    plan.push_back(entry);
    done[name] = true;
    return absl::OkStatus();
  };
  for (const std::string& name : names) NCLAB_RETURN_IF_ERROR(add(name));
  return plan;
}

absl::StatusOr<StatisticPlan> PlanMetrics(
    const std::vector<std::string>& metrics) {
  std::vector<std::string> names;
  for (const std::string& metric : metrics) {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Metrics().Bind(metric));
    NCLAB_ASSIGN_OR_RETURN(const auto* entry, Metrics().Find(choice.name));
    for (const std::string& needed : entry->info.statistics) {
      names.push_back(needed.substr(0, needed.find('.')));
      const absl::Status known = PlanStatistics({names.back()}).status();
      if (known.ok()) continue;
      return absl::Status(known.code(),
                          absl::StrCat("Metric '", choice.name, "' needs ",
                                       needed, ": ", known.message()));
    }
  }
  return PlanStatistics(names);
}

StatisticPlan Select(const StatisticPlan& plan, StatisticScope scope,
                     StatisticTime time) {
  StatisticPlan selected;
  for (const auto* entry : plan) {
    if (entry->info.scope == scope && entry->info.time == time) {
      selected.push_back(entry);
    }
  }
  return selected;
}

bool LooksTwice(const StatisticPlan& plan) {
  return std::any_of(plan.begin(), plan.end(), [&](const auto* entry) {
    return std::any_of(plan.begin(), plan.end(), [&](const auto* other) {
      const std::vector<std::string>& after = entry->info.after;
      return std::find(after.begin(), after.end(), other->info.name) !=
             after.end();
    });
  });
}

Looks::Looks(StatisticPlan plan, const StatisticInput& input, Kept& kept)
    : waiting_(std::move(plan)), input_(input), kept_(kept) {
  input_.own = &kept;
}

void Looks::Advance() {
  std::vector<Active> going_on;
  for (Active& active : active_) {
    if (active.statistic->WantsLook(active.looks)) {
      ++active.looks;
      going_on.push_back(std::move(active));
    } else {
      kept_.Set(active.entry->info.name, active.statistic->Finish());
    }
  }
  active_ = std::move(going_on);
}

bool Looks::Begin() {
  Advance();
  // What waits for what has just been kept; and again, since a statistic may
  // want no look at all.
  for (bool more = true; more;) {
    more = false;
    StatisticPlan waiting;
    for (const auto* entry : waiting_) {
      const StatisticInfo& info = entry->info;
      if (kept_.Has(info.name)) continue;
      const bool ready = std::all_of(
          info.after.begin(), info.after.end(), [&](const std::string& name) {
            return kept_.Has(name) ||
                   (info.time == StatisticTime::kAfterT &&
                    input_.last != nullptr && input_.last->Has(name));
          });
      if (!ready) {
        waiting.push_back(entry);
        continue;
      }
      std::unique_ptr<Statistic> statistic =
          entry->factory(DefaultParams(*entry), input_);
      if (statistic == nullptr) continue;
      if (statistic->WantsLook(0)) {
        active_.push_back({entry, std::move(statistic), 1});
      } else {
        kept_.Set(info.name, statistic->Finish());
        more = true;
      }
    }
    waiting_ = std::move(waiting);
  }
  return !active_.empty();
}

void Looks::Add(const Batch& batch) {
  for (Active& active : active_) active.statistic->Add(batch);
}

std::map<std::string, Arrays> Looks::Sums() const {
  std::map<std::string, Arrays> sums;
  for (const Active& active : active_) {
    sums[active.entry->info.name] = active.statistic->Sums();
  }
  return sums;
}

absl::Status Looks::Merge(const std::map<std::string, Arrays>& sums) {
  for (Active& active : active_) {
    NCLAB_RETURN_IF_ERROR(
        active.statistic->Merge(sums.at(active.entry->info.name)));
  }
  return absl::OkStatus();
}

}  // namespace nclab
