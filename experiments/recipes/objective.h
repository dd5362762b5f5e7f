// What training minimises, and how one is registered.
//
//   NCLAB_REGISTER_OBJECTIVE(
//       {.name = "halved", .summary = "half the cross-entropy", ...},
//       [](const Params&, const ObjectiveInput&) -> absl::StatusOr<Objective> {
//         return [](const at::Tensor& logits, const at::Tensor& labels) {
//           return at::cross_entropy_loss(logits, labels) / 2;
//         };
//       });
#ifndef NCLAB_EXPERIMENTS_RECIPES_OBJECTIVE_H_
#define NCLAB_EXPERIMENTS_RECIPES_OBJECTIVE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// logits: float or double [B, K]; labels: int64 [B]. The mean over the batch of
// a loss per sample, a scalar of the logits' type on their device, through
// which gradients reach the logits. A pure function that draws no random number
// and waits for no device, so that a step can be recorded.
using Objective = std::function<at::Tensor(const at::Tensor& logits,
                                           const at::Tensor& labels)>;

// What a factory is told of the run.
struct ObjectiveInput {
  int64_t classes = 0;  // K
};

// \error kInvalidArgument for combinations without meaning.
using ObjectiveFactory = std::function<absl::StatusOr<Objective>(
    const Params&, const ObjectiveInput&)>;

struct ObjectiveInfo {
  std::string name;       // as on the command line
  std::string summary;    // one line
  std::string reference;  // where it comes from: paper, formula
  std::vector<ParamSpec> params = {};
};

using ObjectiveRegistry = Registry<ObjectiveInfo, ObjectiveFactory>;
ObjectiveRegistry& Objectives();

// Registers at static-initialisation time. Returns true.
bool RegisterObjective(ObjectiveInfo info, ObjectiveFactory factory,
                       const char* file, int line);

// The objective of a choice, tried once on a batch of zeros. \error what the
// factory says, after the objective's name; kFailedPrecondition names the
// promise above that it breaks.
absl::StatusOr<Objective> MakeObjective(const BoundChoice& choice,
                                        const ObjectiveInput& input);

}  // namespace nclab

// In a .cc file only, once per objective. The arguments are an ObjectiveInfo
// and an ObjectiveFactory.
#define NCLAB_REGISTER_OBJECTIVE(...) \
  NCLAB_REGISTER(::nclab::RegisterObjective, __VA_ARGS__)

#endif  // NCLAB_EXPERIMENTS_RECIPES_OBJECTIVE_H_
