// The names in a noun's registry, for registry_test.cc.
#ifndef NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_
#define NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_

#include <string>
#include <vector>

namespace nclab {

// Names of everything of the nouns that is linked into this program.
// nclab_registry_test() writes its definition.
std::vector<std::string> RegisteredNames();

template <typename... Registries>
std::vector<std::string> NamesIn(const Registries&... registries) {
  std::vector<std::string> names;
  const auto add = [&](const auto& registry) {
    for (const auto* entry : registry.List()) names.push_back(entry->info.name);
  };
  (add(registries), ...);
  return names;
}

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_
