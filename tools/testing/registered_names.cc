#include "tools/testing/registered_names.h"

#include <cstdio>
#include <cstdlib>

#include "datasets/dataset.h"
#include "experiments/experiment.h"
#include "metrics/metric.h"
#include "models/model.h"

namespace nclab {
namespace {

template <typename AnyRegistry>
std::vector<std::string> Names(const AnyRegistry& registry) {
  std::vector<std::string> names;
  for (const auto* entry : registry.List()) names.push_back(entry->info.name);
  return names;
}

}  // namespace

std::vector<std::string> RegisteredNames(absl::string_view noun) {
  // One line per noun, and its interface target in deps.
  if (noun == Datasets().noun()) return Names(Datasets());
  if (noun == Experiments().noun()) return Names(Experiments());
  if (noun == Metrics().noun()) return Names(Metrics());
  if (noun == Models().noun()) return Names(Models());
  std::fprintf(stderr, "nclab: no registry of the noun '%s'\n",
               std::string(noun).c_str());
  std::abort();
}

}  // namespace nclab
