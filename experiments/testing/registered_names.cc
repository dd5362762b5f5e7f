#include "tools/testing/registered_names.h"

#include "experiments/experiment.h"

namespace nclab {

std::vector<std::string> RegisteredNames() { return NamesIn(Experiments()); }

}  // namespace nclab
