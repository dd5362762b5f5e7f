#include "tools/testing/registered_names.h"

#include "metrics/metric.h"

namespace nclab {

std::vector<std::string> RegisteredNames() { return NamesIn(Metrics()); }

}  // namespace nclab
