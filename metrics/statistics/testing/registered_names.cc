#include "tools/testing/registered_names.h"

#include "metrics/statistics/statistic.h"

namespace nclab {

std::vector<std::string> RegisteredNames() { return NamesIn(Statistics()); }

}  // namespace nclab
