// SGD with momentum, all parameters in one fused call.
#ifndef NCLAB_EXPERIMENTS_TRAINING_SGD_H_
#define NCLAB_EXPERIMENTS_TRAINING_SGD_H_

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

namespace nclab {

// v <- momentum v + g + weight_decay w;  w <- w - lr v   (v starts at 0).
// The same update as torch.optim.SGD without Nesterov and dampening.
class Sgd {
 public:
  // `step_scales`: by which lr is multiplied, for each parameter; empty: 1 for
  // all.
  Sgd(std::vector<at::Tensor> parameters, double momentum, double weight_decay,
      std::vector<double> step_scales = {});

  // Updates every parameter that has a gradient, then drops the gradients.
  void Step(double lr);

  // The buffers v, in the order of the parameters, for checkpoints.
  const std::vector<at::Tensor>& momentum_buffers() const { return buffers_; }

 private:
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> buffers_;
  std::vector<double> step_scales_;
  double momentum_;
  double weight_decay_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_SGD_H_
