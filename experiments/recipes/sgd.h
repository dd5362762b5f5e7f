// SGD with momentum, all parameters in one fused call.
#ifndef NCLAB_EXPERIMENTS_RECIPES_SGD_H_
#define NCLAB_EXPERIMENTS_RECIPES_SGD_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <utility>
#include <vector>

#include "experiments/recipes/optimizer.h"

namespace nclab {

struct SgdOptions {
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
  bool decoupled = false;
};

// v <- momentum v + g + weight_decay w;  w <- w - lr v   (v starts at 0).
// With nesterov w <- w - lr (g + weight_decay w + momentum v) instead. With
// decoupled, w <- (1 - lr weight_decay) w beforehand, and no decay in v.
class Sgd final : public Optimizer {
 public:
  Sgd(const OptimizerInput& input, const SgdOptions& options);
  // Without updates in the backward pass, before UpdateInBackward().
  Sgd(std::vector<at::Tensor> parameters, double momentum, double weight_decay,
      std::vector<double> step_scales = {}, bool rate_on_device = false);
  ~Sgd() override;
  Sgd(const Sgd&) = delete;
  Sgd& operator=(const Sgd&) = delete;

  void SetRate(double lr) override;

  // From now on the large ones among the parameters are updated by the backward
  // pass itself, as soon as their gradient is there and while both are in the
  // cache; call SetRate() before it. Step() updates the others. On the CPU
  // only: elsewhere one call for all is faster. The numbers are the same.
  void UpdateInBackward();

  void Step() override;
  void Step(double lr) {
    SetRate(lr);
    Step();
  }

  std::vector<OptimizerState> State() const override;

  // The buffers v, in the order of the parameters, for checkpoints.
  const std::vector<at::Tensor>& momentum_buffers() const { return buffers_; }

 private:
  void Update(const std::vector<size_t>& which);

  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> buffers_;
  std::vector<double> step_scales_;
  SgdOptions options_;
  double rate_ = 0;
  std::map<double, at::Tensor> device_rates_;  // by step scale; or empty
  at::Tensor device_kept_;  // there, 1 - lr weight_decay, where it is decoupled
  std::vector<at::Tensor> hooked_;  // those that the backward pass updates
};

// Whether a parameter is so large that its update is worth a call of its own.
bool IsUpdatedInBackward(const at::Tensor& parameter);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_SGD_H_
