// What the tests of the kit share.
#ifndef NCLAB_EXPERIMENTS_RECIPES_TESTING_BROKEN_H_
#define NCLAB_EXPERIMENTS_RECIPES_TESTING_BROKEN_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/recipes/testing/recipe_kit.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// The promises that an item with `factory` breaks; `message` is the last one's.
template <typename AnyRegistry, typename Info, typename Factory>
std::vector<std::string> Broken(AnyRegistry& registry,
                                const std::vector<RecipePromise>& promises,
                                Info info, Factory factory,
                                std::string* message) {
  static int count = 0;
  const std::string name = absl::StrCat("flawed", ++count);
  info.name = name;
  info.summary = "for this test";
  info.reference = "own";
  registry.Register(std::move(info), std::move(factory), __FILE__, __LINE__);
  const BoundChoice choice = *registry.Bind(name);
  std::vector<std::string> broken;
  for (const RecipePromise& promise : promises) {
    const absl::Status status = promise.check(choice);
    if (status.ok()) continue;
    broken.push_back(promise.name);
    if (message != nullptr) *message = std::string(status.message());
  }
  return broken;
}

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_TESTING_BROKEN_H_
