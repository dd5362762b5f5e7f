#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/recording/pretended_recorder.h"
#include "experiments/recipes/recording/recorder.h"
#include "experiments/recipes/testing/promises.h"
#include "gtest/gtest-spi.h"

namespace nclab {
namespace {

using Tensors = std::vector<at::Tensor>;

constexpr int64_t kSteps = 8;
// Whole in fp32, in which a recorded step has it.
double RateOf(int64_t step) { return 0.25 / static_cast<double>(1 << step); }

at::Tensor Random(std::vector<int64_t> shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed),
                   at::TensorOptions(at::kDouble));
}

// Leaves with the numbers of `from`.
Tensors Leaves(const Tensors& from) {
  Tensors leaves;
  for (const at::Tensor& tensor : from) {
    leaves.push_back(tensor.detach().clone().requires_grad_());
  }
  return leaves;
}

// A few numbers, and many: optimizers may treat large parameters otherwise.
Tensors Start() {
  return Leaves({Random({5, 3}, 1), Random({4}, 2), Random({300, 300}, 3)});
}

// What the step's batch is to a loss: a tensor for each parameter.
Tensors Targets(const Tensors& parameters, int64_t step) {
  Tensors targets;
  for (const at::Tensor& parameter : parameters) {
    targets.push_back(
        Random(parameter.sizes().vec(),
               static_cast<uint64_t>(100 * step) + targets.size() + 10));
  }
  return targets;
}

// The sum of |w - target|^2 / 2.
void Backward(const Tensors& parameters, const Tensors& targets) {
  at::Tensor loss;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor term = (parameters[i] - targets[i]).square().sum() / 2;
    loss = loss.defined() ? loss + term : term;
  }
  loss.backward();
}

void Run(Optimizer& optimizer, const Tensors& parameters, int64_t from,
         int64_t to) {
  for (int64_t step = from; step < to; ++step) {
    optimizer.SetRate(RateOf(step));
    Backward(parameters, Targets(parameters, step));
    optimizer.Step();
  }
}

bool AreEqual(const Tensors& a, const Tensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const at::Tensor& one, const at::Tensor& other) {
                      return one.equal(other);
                    });
}

absl::StatusOr<std::unique_ptr<Optimizer>> Make(const BoundChoice& choice,
                                                const Tensors& parameters,
                                                bool recorded = false) {
  return MakeOptimizer(
      choice, {.parameters = parameters,
               .step_scales = std::vector<double>(parameters.size(), 1),
               .recorded = recorded});
}

absl::Status MovesWhatHasAGradientAndDropsIt(const BoundChoice& choice) {
  const Tensors parameters = Start(), before = Start();
  NCLAB_ASSIGN_OR_RETURN(const auto optimizer, Make(choice, parameters));
  for (int64_t step = 0; step < kSteps; ++step) {
    Run(*optimizer, parameters, step, step + 1);
    for (const at::Tensor& parameter : parameters) {
      NCLAB_PROMISE(!parameter.grad().defined(),
                    "a parameter's gradient is still there after its step");
      NCLAB_PROMISE(at::isfinite(parameter).all().item<bool>(),
                    "a parameter is not finite after step ", step);
    }
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    NCLAB_PROMISE(parameters[i].ne(before[i]).any().item<bool>(),
                  "a parameter with a gradient does not move");
  }
  return absl::OkStatus();
}

absl::Status LeavesWhatHasNoGradientAlone(const BoundChoice& choice) {
  const Tensors parameters = Start(), before = Start();
  NCLAB_ASSIGN_OR_RETURN(const auto optimizer, Make(choice, parameters));
  const Tensors others = {parameters[0], parameters[2]};
  Run(*optimizer, others, 0, kSteps);
  NCLAB_PROMISE(parameters[1].equal(before[1]),
                "a parameter without a gradient moves");
  return absl::OkStatus();
}

absl::Status StandsStillAtARateOfZero(const BoundChoice& choice) {
  const Tensors parameters = Start();
  NCLAB_ASSIGN_OR_RETURN(const auto optimizer, Make(choice, parameters));
  Run(*optimizer, parameters, 0, 2);
  const Tensors before = Leaves(parameters);
  optimizer->SetRate(0);
  Backward(parameters, Targets(parameters, 2));
  optimizer->Step();
  NCLAB_PROMISE(AreEqual(parameters, before),
                "after SetRate(0) the parameters still move");
  return absl::OkStatus();
}

absl::Status GoesOnFromItsStateToTheSameBytes(const BoundChoice& choice) {
  const Tensors parameters = Start();
  NCLAB_ASSIGN_OR_RETURN(const auto optimizer, Make(choice, parameters));
  Run(*optimizer, parameters, 0, kSteps / 2);
  const Tensors resumed = Leaves(parameters);
  NCLAB_ASSIGN_OR_RETURN(const auto loaded, Make(choice, resumed));
  const std::vector<OptimizerState> from = optimizer->State();
  const std::vector<OptimizerState> into = loaded->State();
  NCLAB_PROMISE(from.size() == into.size(), "made twice, it has ", from.size(),
                " and ", into.size(), " states");
  for (size_t i = 0; i < from.size(); ++i) {
    NCLAB_PROMISE(from[i].name == into[i].name, "made twice, its states are ",
                  from[i].name, " and ", into[i].name);
    const at::NoGradGuard no_grad;
    for (size_t j = 0; j < from[i].tensors.size(); ++j) {
      into[i].tensors[j].copy_(from[i].tensors[j]);
    }
  }
  Run(*optimizer, parameters, kSteps / 2, kSteps);
  Run(*loaded, resumed, kSteps / 2, kSteps);
  NCLAB_PROMISE(AreEqual(parameters, resumed),
                "with its State() saved and loaded it goes on otherwise: "
                "something that it remembers is not there, or not in place");
  return absl::OkStatus();
}

absl::Status GivesTheSameBytesWhereStepsAreRecorded(const BoundChoice& choice) {
  const Tensors plain = Start();
  NCLAB_ASSIGN_OR_RETURN(const auto by_host, Make(choice, plain));
  Run(*by_host, plain, 0, kSteps);

  const Tensors parameters = Start();
  NCLAB_ASSIGN_OR_RETURN(const auto optimizer, Make(choice, parameters, true));
  const Tensors targets = Targets(parameters, 0);
  int replays = 0;
  testing::TestPartResultArray failures;
  {
    const testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::
            INTERCEPT_ONLY_CURRENT_THREAD,
        &failures);
    RepeatedWork work(std::make_unique<PretendedRecorder>(&replays), [&] {
      Backward(parameters, targets);
      optimizer->Step();
    });
    for (int64_t step = 0; step < kSteps; ++step) {
      const Tensors now = Targets(parameters, step);
      for (size_t i = 0; i < now.size(); ++i) targets[i].copy_(now[i]);
      optimizer->SetRate(RateOf(step));
      work.Run();
    }
  }
  NCLAB_PROMISE(replays > 1, "no step was replayed");
  NCLAB_PROMISE(failures.size() == 0,
                "its recorded step is not the same work every time: ",
                failures.GetTestPartResult(0).message());
  NCLAB_PROMISE(AreEqual(parameters, plain),
                "where its steps are recorded the weights are others");
  return absl::OkStatus();
}

// Of two trainings that are one in exact arithmetic, of convex functions, along
// which roundings do not grow: what 50 steps of a few dozen operations in fp64
// add up to is below 1e-12. A mistake is of the size of a step, 1e-2.
constexpr int64_t kReducedSteps = 50;
constexpr double kRate = 0.03125, kRoundings = 1e-10;

double Distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

struct Trained {
  at::Tensor weights;
  std::vector<at::Tensor> states;  // those of the weights' own shape
};

// Trains `start` on |seen(w) - target|^2 / 2 for targets of `length` numbers.
absl::StatusOr<Trained> Train(
    const BoundChoice& choice, const at::Tensor& start, double scale,
    int64_t length, const std::function<at::Tensor(const at::Tensor&)>& seen) {
  const Tensors weights = Leaves({start});
  NCLAB_ASSIGN_OR_RETURN(
      const auto optimizer,
      MakeOptimizer(choice, {.parameters = weights, .step_scales = {scale}}));
  for (int64_t step = 0; step < kReducedSteps; ++step) {
    optimizer->SetRate(kRate);
    const at::Tensor target =
        Random({length}, static_cast<uint64_t>(step) + 50);
    ((seen(weights[0]) - target).square().sum() / 2).backward();
    optimizer->Step();
  }
  Trained trained = {weights[0].detach(), {}};
  for (const OptimizerState& state : optimizer->State()) {
    if (state.tensors[0].sizes() == start.sizes()) {
      trained.states.push_back(state.tensors[0]);
    }
  }
  return trained;
}

absl::Status HoldsThePositionsThatItDeclares(const BoundChoice& choice) {
  const HoldingReductions holding = ReductionsUnder(choice);
  NCLAB_PROMISE((holding.kinds.positions && holding.kinds.sums) ||
                    !holding.left_out.empty(),
                "a reduction does not hold, and it does not say why");
  if (!holding.kinds.positions) return absl::OkStatus();
  const at::Tensor start = Random({7}, 1);
  const at::Tensor live =
      at::tensor({1, 2, 4, 5}, at::TensorOptions(at::kLong));
  const at::Tensor dead = at::tensor({0, 3, 6}, at::TensorOptions(at::kLong));
  const auto part = [&](const at::Tensor& w) {
    return w.index_select(0, live);
  };
  NCLAB_ASSIGN_OR_RETURN(const Trained full, Train(choice, start, 1, 4, part));
  NCLAB_ASSIGN_OR_RETURN(
      const Trained reduced,
      Train(choice, part(start), 1, 4, [](const at::Tensor& w) { return w; }));
  NCLAB_PROMISE(
      full.weights.index_select(0, dead).equal(start.index_select(0, dead)),
      "weights whose gradients are 0 move, and it declares that dead kernel "
      "positions hold");
  double distance = Distance(part(full.weights), reduced.weights);
  for (size_t i = 0; i < full.states.size(); ++i) {
    distance =
        std::max(distance, Distance(part(full.states[i]), reduced.states[i]));
  }
  NCLAB_PROMISE(distance <= kRoundings,
                "trained without weights whose gradients are 0, the others and "
                "their states differ by ",
                distance, ", and it declares that dead kernel positions hold");
  return absl::OkStatus();
}

absl::Status HoldsTheSumsThatItDeclares(const BoundChoice& choice) {
  if (!ReductionsUnder(choice).kinds.sums) return absl::OkStatus();
  constexpr int64_t kCopies = 4;
  const at::Tensor start = Random({kCopies, 3}, 1);
  NCLAB_ASSIGN_OR_RETURN(
      const Trained full,
      Train(choice, start, 1, 3, [](const at::Tensor& w) { return w.sum(0); }));
  NCLAB_ASSIGN_OR_RETURN(const Trained sums,
                         Train(choice, start.sum(0), kCopies, 3,
                               [](const at::Tensor& w) { return w; }));
  double distance =
      std::max(Distance(full.weights.sum(0), sums.weights),
               Distance(full.weights - full.weights[0], start - start[0]));
  for (size_t i = 0; i < full.states.size(); ++i) {
    for (int64_t copy = 0; copy < kCopies; ++copy) {
      distance =
          std::max(distance, Distance(full.states[i][copy], sums.states[i]));
    }
  }
  NCLAB_PROMISE(distance <= kRoundings,
                "training the sum of copies is not training the copies: they, "
                "or their states, differ by ",
                distance, ", and it declares that sums of copies hold");
  return absl::OkStatus();
}

}  // namespace

const std::vector<RecipePromise>& OptimizerPromises() {
  static const auto* const promises = new std::vector<RecipePromise>(WithFacts(
      Optimizers(),
      {{"MovesWhatHasAGradientAndDropsIt", MovesWhatHasAGradientAndDropsIt},
       {"LeavesWhatHasNoGradientAlone", LeavesWhatHasNoGradientAlone},
       {"StandsStillAtARateOfZero", StandsStillAtARateOfZero},
       {"GoesOnFromItsStateToTheSameBytes", GoesOnFromItsStateToTheSameBytes},
       {"GivesTheSameBytesWhereStepsAreRecorded",
        GivesTheSameBytesWhereStepsAreRecorded},
       {"HoldsThePositionsThatItDeclares", HoldsThePositionsThatItDeclares},
       {"HoldsTheSumsThatItDeclares", HoldsTheSumsThatItDeclares}}));
  return *promises;
}

}  // namespace nclab
