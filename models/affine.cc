#include "models/affine.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include "tools/base/parallel.h"

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

// Calls part(m, begin, end) for ranges of [0, size) of model m until all of all
// models were named, on all threads. Where the models cannot be dealt out
// evenly they are cut, into ranges of at least `least`.
void ForEachPart(int64_t models, int64_t size, int64_t least,
                 const std::function<void(int64_t, int64_t, int64_t)>& part) {
  const int64_t threads = at::get_num_threads();
  const int64_t parts =
      models % threads == 0
          ? 1
          : std::max<int64_t>(1, std::min(threads, size / least));
  ParallelFor(0, models * parts, 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;  // of this thread
    for (int64_t i = begin; i < end; ++i) {
      const int64_t p = i % parts;
      part(i / parts, p * size / parts, (p + 1) * size / parts);
    }
  });
}

// The least that a part of a product has. Elements of the product are the same
// sums, in the same order, in parts of this size as in the whole.
constexpr int64_t kLeastColumns = 256;
constexpr int64_t kLeastRows = 32;

// a b^T + c, as Affine() takes it.
at::Tensor BestProduct(const at::Tensor& a, const at::Tensor& b,
                       const std::optional<at::Tensor>& c) {
  if (!HasIntelsProcessor()) return OneDnnProduct(a, b, c);
  return c ? at::addmm(*c, a, b.t()) : at::mm(a, b.t());
}

class ByParts : public torch::autograd::Function<ByParts> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    const int64_t models = x.size(0), out = weight.size(1);
    const at::Tensor y = at::empty({models, x.size(1), out}, x.options());
    ForEachPart(models, out, kLeastColumns,
                [&](int64_t m, int64_t begin, int64_t end) {
                  y[m].slice(1, begin, end)
                      .copy_(BestProduct(x[m], weight[m].slice(0, begin, end),
                                         bias[m].slice(0, begin, end)));
                });
    return y;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const at::Tensor dy = gradients[0].contiguous();
    const int64_t models = x.size(0), out = weight.size(1);
    at::Tensor dx, dw, db;
    if (context->needs_input_grad(0)) {
      dx = at::empty_like(x);
      ForEachPart(models, x.size(1), kLeastRows,
                  [&](int64_t m, int64_t begin, int64_t end) {
                    dx[m]
                        .slice(0, begin, end)
                        .copy_(BestProduct(dy[m].slice(0, begin, end),
                                           weight[m].t(), std::nullopt));
                  });
    }
    if (context->needs_input_grad(1)) {
      dw = at::empty(weight.sizes(), weight.options());
      ForEachPart(models, out, kLeastColumns,
                  [&](int64_t m, int64_t begin, int64_t end) {
                    at::Tensor part = dw[m].slice(0, begin, end);
                    at::mm_out(part, dy[m].slice(1, begin, end).t(), x[m]);
                  });
    }
    if (context->needs_input_grad(2)) {
      db = at::empty({models, out}, weight.options());
      ForEachPart(models, 1, 1, [&](int64_t m, int64_t, int64_t) {
        at::Tensor part = db[m];
        at::sum_out(part, dy[m], at::IntArrayRef{0});
      });
    }
    return {dx, dw, db};
  }
};

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

at::Tensor StackedAffine(const at::Tensor& x, const at::Tensor& weight,
                         const at::Tensor& bias) {
  if (IsFp32OnCpu(x, weight)) return ByParts::apply(x, weight, bias);
  return at::baddbmm(bias.unsqueeze(1), x, weight.transpose(1, 2));
}

}  // namespace nclab
