// The step of several trainers, as one batched model.
#ifndef NCLAB_EXPERIMENTS_TRAINING_STACKED_STEP_H_
#define NCLAB_EXPERIMENTS_TRAINING_STACKED_STEP_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "experiments/training/recorder.h"
#include "experiments/training/trainer.h"

namespace nclab {

class StackedStep {
 public:
  // Of trainers that have started, with models of one kind that are Stackable
  // and the same data. From now on their parameters lie in stacked tensors,
  // under the same names and with the same values. They must outlive it.
  StackedStep(std::vector<Trainer*> trainers, std::string precision,
              std::unique_ptr<Recorder> recorder);
  StackedStep(const StackedStep&) = delete;
  StackedStep& operator=(const StackedStep&) = delete;

  // What each does between BeginStep() and EndStep().
  void Run() { compute_.Run(); }

 private:
  void Compute();
  void HandOut(size_t i);

  std::vector<Trainer*> trainers_;
  std::string precision_;
  RepeatedWork compute_;
  std::vector<at::Tensor> stacked_;             // of each parameter, [M, ...]
  std::vector<std::vector<at::Tensor>> parts_;  // [trainer][parameter]
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_STACKED_STEP_H_
