// What differs from step to step - samples, learning rate, where the loss goes
// - found by the device itself, so that a recorded step needs one call of the
// host's and nothing beside it.
#ifndef NCLAB_EXPERIMENTS_TRAINING_STEP_FEED_H_
#define NCLAB_EXPERIMENTS_TRAINING_STEP_FEED_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <vector>

#include "experiments/training/batches.h"

namespace nclab {

class StepFeed {
 public:
  // `rates`: float scalars, each filled with the rate of the step times its
  // key; `index`: int64 [B], the step's samples; `losses`: float [W], the loss
  // of step s at place s % W. All stay where they are. `schedule`: the learning
  // rate of every step. `batches` must outlive it.
  StepFeed(Batches& batches, const std::vector<double>& schedule,
           const std::map<double, at::Tensor>& rates, at::Tensor index,
           at::Tensor losses);

  // On the host, before step `step`: brings the device a new epoch's order, and
  // the number of the step where it is not the next one.
  void Begin(int64_t step);

  // In the step, the same work every time: Load() first, Store() last.
  void Load();
  void Store(const at::Tensor& loss);

 private:
  Batches& batches_;
  struct Rate {
    at::Tensor of_step;   // float [1]
    at::Tensor of_steps;  // float [steps]
  };
  std::vector<Rate> rates_;
  at::Tensor index_;      // [1, B]
  at::Tensor losses_;     // [W]
  at::Tensor places_;     // [W]: 0, 1, ...
  at::Tensor order_;      // int64 [steps of an epoch, B]
  at::Tensor step_;       // int64 [1]
  at::Tensor periods_;    // int64 [2]: steps of an epoch, W
  at::Tensor remainder_;  // int64 [2]: of the step by the periods
  int64_t epoch_ = -1;
  int64_t next_ = -1;  // the number that the device has
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_STEP_FEED_H_
