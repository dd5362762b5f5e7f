#include "tools/testing/registered_names.h"

#include "models/model.h"

namespace nclab {

std::vector<std::string> RegisteredNames() { return NamesIn(Models()); }

}  // namespace nclab
