#include "models/affine.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <string_view>

namespace nclab {
namespace {

using Operator = at::Tensor(const at::Tensor&, const at::Tensor&,
                            const std::optional<at::Tensor>&, std::string_view,
                            c10::List<std::optional<at::Scalar>>,
                            std::optional<std::string_view>);

// a b^T + c. LibTorch gives no other access to oneDNN's products in fp32.
at::Tensor OneDnnProduct(const at::Tensor& a, const at::Tensor& b,
                         const std::optional<at::Tensor>& c) {
  static const auto product =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
          .typed<Operator>();
  return product.call(a, b, c, "none", c10::List<std::optional<at::Scalar>>(),
                      "");
}

class OneDnn : public torch::autograd::Function<OneDnn> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    return OneDnnProduct(x, weight, bias);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor dy = gradients[0].contiguous();
    at::Tensor dx, dw, db;
    if (context->needs_input_grad(0)) {
      dx = OneDnnProduct(dy, saved[1].t(), std::nullopt);
    }
    if (context->needs_input_grad(1)) dw = dy.t().mm(saved[0]);
    if (context->needs_input_grad(2)) db = dy.sum(0);
    return {dx, dw, db};
  }
};

bool HasIntelsProcessor() {
  static const bool is_intel = [] {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_is("intel") != 0;
#else
    return true;
#endif
  }();
  return is_intel;
}

// Whether LibTorch's types and threads are such that a choice is ours.
bool IsFp32OnCpu(const at::Tensor& x, const at::Tensor& weight) {
  return x.is_cpu() && x.scalar_type() == at::kFloat &&
         weight.scalar_type() == at::kFloat &&
         !at::autocast::is_autocast_enabled(at::kCPU);
}

// a b^T + c, as Affine() takes it.
at::Tensor BestProduct(const at::Tensor& a, const at::Tensor& b,
                       const std::optional<at::Tensor>& c) {
  if (!HasIntelsProcessor()) return OneDnnProduct(a, b, c);
  return c ? at::addmm(*c, a, b.t()) : at::mm(a, b.t());
}

}  // namespace

at::Tensor AffineByOneDnn(const at::Tensor& x, const at::Tensor& weight,
                          const at::Tensor& bias) {
  // A function's arguments must be defined.
  return OneDnn::apply(
      x, weight,
      bias.defined() ? bias : at::zeros({weight.size(0)}, weight.options()));
}

at::Tensor Affine(const at::Tensor& x, const at::Tensor& weight,
                  const at::Tensor& bias) {
  const bool fp32 = IsFp32OnCpu(x, weight) && x.dim() == 2 && x.size(0) > 0;
  if (!fp32 || HasIntelsProcessor()) return at::linear(x, weight, bias);
  return AffineByOneDnn(x, weight, bias);
}

at::Tensor Product(const at::Tensor& a, const at::Tensor& b) {
  return IsFp32OnCpu(a, b) ? BestProduct(a, b, std::nullopt) : a.mm(b.t());
}

}  // namespace nclab
