// What the four kits share.
#ifndef NCLAB_EXPERIMENTS_RECIPES_TESTING_PROMISES_H_
#define NCLAB_EXPERIMENTS_RECIPES_TESTING_PROMISES_H_

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "experiments/recipes/testing/recipe_kit.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"
#include "tools/testing/item_kit.h"

namespace nclab {

// `own`, after those about the facts of an item of `registry`; all of them turn
// LibTorch's exceptions into a status.
template <typename AnyRegistry>
std::vector<RecipePromise> WithFacts(const AnyRegistry& registry,
                                     std::vector<RecipePromise> own) {
  std::vector<RecipePromise> all = {
      {"SaysWhatItIs",
       [&registry](const BoundChoice& choice) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry, registry.Find(choice.name));
         return CheckFacts(entry->info);
       }},
      {"BindsItsDefaults", [&registry](const BoundChoice& choice) {
         return CheckItemDefaults(registry, choice.name);
       }}};
  for (RecipePromise& promise : own) {
    all.push_back({promise.name, [check = std::move(promise.check)](
                                     const BoundChoice& choice) {
                     return CatchTorch([&] { return check(choice); });
                   }});
  }
  return all;
}

// Whether `work` leaves LibTorch's default generator, which models draw from,
// as it was.
inline bool DrawsNothing(const std::function<void()>& work) {
  const at::Generator generator = at::detail::getDefaultCPUGenerator();
  const at::Tensor before = generator.get_state().clone();
  work();
  return generator.get_state().equal(before);
}

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_TESTING_PROMISES_H_
