// Trains tanh(x w1 + b1) w2 + b2 with what the arguments name, and writes the
// weights; or says how long an optimizer's step takes at the MLP's parameters.
//
//   trajectory IN.safetensors OUT.safetensors OBJECTIVE SCHEDULE OPTIMIZER LR T
//   trajectory time OPTIMIZER STEPS
//
// IN: w1 [D, H], b1 [H], w2 [H, K], b2 [K], samples [N, D] of one type; labels
// int64 [N]. Step t sees samples t B to t B + B - 1 modulo N, B = 16.
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tanh.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "experiments/recipes/objective.h"
#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/schedule.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {
namespace {

constexpr int64_t kBatch = 16;

absl::Status Train(const std::vector<std::string>& args) {
  double lr = 0;
  int64_t steps = 0;
  if (args.size() != 7 || !absl::SimpleAtod(args[5], &lr) ||
      !absl::SimpleAtoi(args[6], &steps)) {
    return absl::InvalidArgumentError("see the head of trajectory.cc");
  }
  NCLAB_ASSIGN_OR_RETURN(TensorFile file, LoadTensors(args[0]));
  std::vector<at::Tensor> w;
  for (const char* name : {"w1", "b1", "w2", "b2"}) {
    w.push_back(file.tensors.at(name).clone().requires_grad_());
  }
  const at::Tensor samples = file.tensors.at("samples");
  const at::Tensor labels = file.tensors.at("labels");
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice objective_choice,
                         Objectives().Bind(args[2]));
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice schedule_choice,
                         Schedules().Bind(args[3]));
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice optimizer_choice,
                         Optimizers().Bind(args[4]));
  NCLAB_ASSIGN_OR_RETURN(const Objective objective,
                         MakeObjective(objective_choice, {w[3].size(0)}));
  NCLAB_ASSIGN_OR_RETURN(const Schedule schedule,
                         MakeSchedule(schedule_choice, {steps}));
  NCLAB_ASSIGN_OR_RETURN(const auto optimizer,
                         MakeOptimizer(optimizer_choice, {.parameters = w}));
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t begin = step * kBatch % samples.size(0);
    const at::Tensor x = samples.slice(0, begin, begin + kBatch);
    const at::Tensor logits =
        at::tanh(x.matmul(w[0]) + w[1]).matmul(w[2]) + w[3];
    optimizer->SetRate(lr * schedule(step));
    objective(logits, labels.slice(0, begin, begin + kBatch)).backward();
    optimizer->Step();
  }
  return SaveTensors(args[1], {{"w1", w[0].detach()},
                               {"b1", w[1].detach()},
                               {"w2", w[2].detach()},
                               {"b2", w[3].detach()}});
}

// Prints milliseconds, a step a line.
absl::Status Time(const std::string& choice, int64_t steps) {
  std::vector<at::Tensor> w, gradients;
  for (const auto& shape : std::vector<std::vector<int64_t>>{{1024, 784},
                                                             {1024},
                                                             {1024, 1024},
                                                             {1024},
                                                             {1024, 1024},
                                                             {1024},
                                                             {10, 1024},
                                                             {10}}) {
    w.push_back(at::randn(shape).requires_grad_());
    gradients.push_back(at::randn(shape));
  }
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Optimizers().Bind(choice));
  NCLAB_ASSIGN_OR_RETURN(const auto optimizer,
                         MakeOptimizer(bound, {.parameters = w}));
  for (int64_t step = 0; step < steps; ++step) {
    for (size_t i = 0; i < w.size(); ++i) w[i].mutable_grad() = gradients[i];
    optimizer->SetRate(1e-3);
    const auto start = std::chrono::steady_clock::now();
    optimizer->Step();
    const std::chrono::duration<double, std::milli> time =
        std::chrono::steady_clock::now() - start;
    std::printf("%.4f\n", time.count());
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  int64_t steps = 0;
  const bool time = args.size() == 3 && args[0] == "time" &&
                    absl::SimpleAtoi(args[2], &steps);
  const absl::Status status =
      time ? nclab::Time(args[1], steps) : nclab::Train(args);
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 2;
}
