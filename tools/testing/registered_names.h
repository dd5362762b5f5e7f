// The names in a noun's registry, for registry_test.cc.
#ifndef NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_
#define NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_

#include <string>
#include <vector>

namespace nclab {

// Sorted names of everything of the noun that is linked into this program.
// nclab_registry_test() writes its definition.
std::vector<std::string> RegisteredNames();

template <typename AnyRegistry>
std::vector<std::string> NamesIn(const AnyRegistry& registry) {
  std::vector<std::string> names;
  for (const auto* entry : registry.List()) names.push_back(entry->info.name);
  return names;
}

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_
