#include "tools/testing/registered_names.h"

#include "datasets/dataset.h"

namespace nclab {

std::vector<std::string> RegisteredNames() { return NamesIn(Datasets()); }

}  // namespace nclab
