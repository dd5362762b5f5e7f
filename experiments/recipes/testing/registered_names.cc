#include "tools/testing/registered_names.h"

#include "experiments/recipes/objective.h"
#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/schedule.h"
#include "experiments/recipes/stream.h"

namespace nclab {

// Of the four nouns that share a folder.
std::vector<std::string> RegisteredNames() {
  std::vector<std::string> names = NamesIn(Objectives());
  for (const auto& more :
       {NamesIn(Schedules()), NamesIn(Optimizers()), NamesIn(Streams())}) {
    names.insert(names.end(), more.begin(), more.end());
  }
  return names;
}

}  // namespace nclab
