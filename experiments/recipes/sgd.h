// SGD with momentum, all parameters in one fused call.
#ifndef NCLAB_EXPERIMENTS_RECIPES_SGD_H_
#define NCLAB_EXPERIMENTS_RECIPES_SGD_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <utility>
#include <vector>

namespace nclab {

// v <- momentum v + g + weight_decay w;  w <- w - lr v   (v starts at 0).
// The same update as torch.optim.SGD without Nesterov and dampening.
class Sgd {
 public:
  // `step_scales`: by which lr is multiplied, for each parameter; empty: 1 for
  // all. `rate_on_device`: lr lies there, in fp32, so that a recorded Step()
  // takes the one of the day.
  Sgd(std::vector<at::Tensor> parameters, double momentum, double weight_decay,
      std::vector<double> step_scales = {}, bool rate_on_device = false);
  ~Sgd();
  Sgd(const Sgd&) = delete;
  Sgd& operator=(const Sgd&) = delete;

  // lr of the steps from now on.
  void SetRate(double lr);

  // From now on the large ones among the parameters are updated by the backward
  // pass itself, as soon as their gradient is there and while both are in the
  // cache; call SetRate() before it. Step() updates the others. On the CPU
  // only: elsewhere one call for all is faster. The numbers are the same.
  void UpdateInBackward();

  // Updates every parameter that has a gradient, then drops the gradients.
  void Step();
  void Step(double lr) {
    SetRate(lr);
    Step();
  }

  // The buffers v, in the order of the parameters, for checkpoints.
  const std::vector<at::Tensor>& momentum_buffers() const { return buffers_; }

 private:
  void Update(const std::vector<size_t>& which);

  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> buffers_;
  std::vector<double> step_scales_;
  double momentum_;
  double weight_decay_;
  double rate_ = 0;
  std::map<double, at::Tensor> device_rates_;  // by step scale; or empty
  std::vector<at::Tensor> hooked_;  // those that the backward pass updates
};

// Whether a parameter is so large that its update is worth a call of its own.
bool IsUpdatedInBackward(const at::Tensor& parameter);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_SGD_H_
