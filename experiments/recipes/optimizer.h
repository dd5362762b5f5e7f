// What turns gradients into weights, and how one is registered.
#ifndef NCLAB_EXPERIMENTS_RECIPES_OPTIMIZER_H_
#define NCLAB_EXPERIMENTS_RECIPES_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/recipes/reductions.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// One tensor per parameter, in their order. Those of a parameter's own shape
// change with it as its gradient does, where a rewrite reduces the parameter;
// others (a count of steps) are as they are.
struct OptimizerState {
  std::string name;  // "momentum": in checkpoints nclab.momentum.<parameter>
  std::vector<at::Tensor> tensors;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // The learning rate of the steps from now on. Called on the host, outside a
  // recorded step and before its backward pass.
  virtual void SetRate(double lr) = 0;

  // Updates every parameter that has a gradient, then drops the gradients. Work
  // for the device alone, the same every time, so that it can be recorded.
  virtual void Step() = 0;

  // All that it remembers from step to step, in place: what a checkpoint saves,
  // and what is loaded there goes on to the same bytes.
  virtual std::vector<OptimizerState> State() const = 0;
};

// What a factory is told of the run.
struct OptimizerInput {
  std::vector<at::Tensor> parameters;
  // By which the learning rate is multiplied, for each; 1 but for sums of
  // copies (reductions.h).
  std::vector<double> step_scales;
  // Steps are recorded: what SetRate() says has to lie on the device.
  bool recorded = false;
};

// \error kInvalidArgument for combinations without meaning.
using OptimizerFactory =
    std::function<absl::StatusOr<std::unique_ptr<Optimizer>>(
        const Params&, const OptimizerInput&)>;

struct OptimizerInfo {
  std::string name;       // as on the command line
  std::string summary;    // one line
  std::string reference;  // where it comes from: paper, formula
  std::vector<ParamSpec> params = {};
  // Which reductions are the same training under this optimizer (reductions.h
  // says when); none unless it says so. The kit trains with and without.
  std::function<HoldingReductions(const Params&)> reductions = {};
};

using OptimizerRegistry = Registry<OptimizerInfo, OptimizerFactory>;
OptimizerRegistry& Optimizers();

// Registers at static-initialisation time. Returns true.
bool RegisterOptimizer(OptimizerInfo info, OptimizerFactory factory,
                       const char* file, int line);

// The optimizer of a choice. \error what the factory says, after its name;
// kFailedPrecondition names the promise above that its State() breaks.
absl::StatusOr<std::unique_ptr<Optimizer>> MakeOptimizer(
    const BoundChoice& choice, const OptimizerInput& input);

// What it says of reductions.
HoldingReductions ReductionsUnder(const BoundChoice& choice);

}  // namespace nclab

// In a .cc file only, once per optimizer. The arguments are an OptimizerInfo
// and an OptimizerFactory.
#define NCLAB_REGISTER_OPTIMIZER(...) \
  NCLAB_REGISTER(::nclab::RegisterOptimizer, __VA_ARGS__)

#endif  // NCLAB_EXPERIMENTS_RECIPES_OPTIMIZER_H_
