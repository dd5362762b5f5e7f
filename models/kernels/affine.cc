#include "models/kernels/affine.h"

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
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace nclab {
namespace {

// LibTorch gives no other access to oneDNN's products in fp32.
constexpr char kOperator[] = "mkldnn::_linear_pointwise";

using Operator = at::Tensor(const at::Tensor&, const at::Tensor&,
                            const std::optional<at::Tensor>&, std::string_view,
                            c10::List<std::optional<at::Scalar>>,
                            std::optional<std::string_view>);

// The types of Operator's arguments and of its result, as schemas write them.
constexpr char kSchema[] = "Tensor Tensor Tensor? str Scalar?[] str? -> Tensor";

// The operator `name`, if it is there for the CPU and has that schema.
std::optional<c10::OperatorHandle> FindOperator(const char* name) {
  const auto found = c10::Dispatcher::singleton().findSchema({name, ""});
  if (!found || !found->hasKernelForDispatchKey(c10::DispatchKey::CPU)) {
    return std::nullopt;
  }
  std::string types;
  for (const c10::Argument& argument : found->schema().arguments()) {
    absl::StrAppend(&types, argument.type()->str(), " ");
  }
  absl::StrAppend(&types, "->");
  for (const c10::Argument& result : found->schema().returns()) {
    absl::StrAppend(&types, " ", result.type()->str());
  }
  return types == kSchema ? found : std::nullopt;
}

// a b^T + c by LibTorch.
at::Tensor LibTorchProduct(const at::Tensor& a, const at::Tensor& b,
                           const std::optional<at::Tensor>& c) {
  return c ? at::addmm(*c, a, b.t()) : at::mm(a, b.t());
}

// The same by oneDNN, where there is access to it.
at::Tensor OneDnnProduct(const at::Tensor& a, const at::Tensor& b,
                         const std::optional<at::Tensor>& c) {
  static const std::optional<c10::OperatorHandle> product =
      FindOperator(kOperator);
  if (!product) return LibTorchProduct(a, b, c);
  return product->typed<Operator>().call(
      a, b, c, "none", c10::List<std::optional<at::Scalar>>(), "");
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
    if (context->needs_input_grad(1)) {
      dw = OneDnnProduct(dy.t(), saved[0].t(), std::nullopt);
    }
    if (context->needs_input_grad(2)) db = dy.sum(0);
    return {dx, dw, db};
  }
};

bool HasIntelsProcessor() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_is("intel") != 0;
#else
  return true;
#endif
}

// Whether LibTorch's types and threads are such that a choice is ours.
bool IsFp32OnCpu(const at::Tensor& x, const at::Tensor& weight) {
  return x.is_cpu() && x.scalar_type() == at::kFloat &&
         weight.scalar_type() == at::kFloat &&
         !at::autocast::is_autocast_enabled(at::kCPU);
}

}  // namespace

ProductsOf ChooseProducts(bool intel, const char* name) {
  return intel || !FindOperator(name) ? ProductsOf::kLibTorch
                                      : ProductsOf::kOneDnn;
}

ProductsOf ProductsHere() {
  static const ProductsOf products =
      ChooseProducts(HasIntelsProcessor(), kOperator);
  return products;
}

at::Tensor AffineBy(ProductsOf products, const at::Tensor& x,
                    const at::Tensor& weight, const at::Tensor& bias) {
  if (products == ProductsOf::kLibTorch) return at::linear(x, weight, bias);
  // A function's arguments must be defined.
  return OneDnn::apply(
      x, weight,
      bias.defined() ? bias : at::zeros({weight.size(0)}, weight.options()));
}

at::Tensor Affine(const at::Tensor& x, const at::Tensor& weight,
                  const at::Tensor& bias) {
  const bool ours = IsFp32OnCpu(x, weight) && x.dim() == 2 && x.size(0) > 0;
  return AffineBy(ours ? ProductsHere() : ProductsOf::kLibTorch, x, weight,
                  bias);
}

at::Tensor Product(const at::Tensor& a, const at::Tensor& b) {
  return IsFp32OnCpu(a, b) && ProductsHere() == ProductsOf::kOneDnn
             ? OneDnnProduct(a, b, std::nullopt)
             : LibTorchProduct(a, b, std::nullopt);
}

}  // namespace nclab
