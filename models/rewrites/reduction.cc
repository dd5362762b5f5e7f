#include "models/rewrites/reduction.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>

#include <utility>

namespace nclab {

Reduction::Reduction(std::string why, const at::Tensor& full)
    : why_(std::move(why)), full_(full) {}

Reduction Reduction::Positions(std::string why, const at::Tensor& full,
                               std::array<int64_t, 2> first,
                               std::array<int64_t, 2> size) {
  const at::NoGradGuard no_grad;
  Reduction r(std::move(why), full);
  r.first_ = first;
  r.size_ = size;
  r.reduced_ = r.Live(full).clone(at::MemoryFormat::Contiguous);
  r.reduced_.set_requires_grad(full.requires_grad());
  return r;
}

Reduction Reduction::Copies(std::string why, const at::Tensor& full,
                            int64_t outer, int64_t copies,
                            at::IntArrayRef shape) {
  const at::NoGradGuard no_grad;
  Reduction r(std::move(why), full);
  r.outer_ = outer;
  r.copies_ = copies;
  r.reduced_ = at::empty(shape, full.options().requires_grad(false));
  r.FromFull();
  r.reduced_.set_requires_grad(full.requires_grad());
  return r;
}

at::Tensor Reduction::Live(const at::Tensor& full) const {
  return full.narrow(2, first_[0], size_[0]).narrow(3, first_[1], size_[1]);
}

void Reduction::ToFull() const {
  const at::NoGradGuard no_grad;
  if (!is_sum()) {
    Live(full_).copy_(reduced_);
    return;
  }
  const at::Tensor moved =
      (reduced_ - at_first_).div_(copies_).reshape({outer_, 1, -1});
  at::Tensor out = full_.view({outer_, copies_, -1});
  at::add_out(out, full_at_first_.view({outer_, copies_, -1}), moved);
}

void Reduction::FromFull() {
  const at::NoGradGuard no_grad;
  if (!is_sum()) {
    reduced_.copy_(Live(full_));
    return;
  }
  full_at_first_ = full_.clone(at::MemoryFormat::Contiguous);
  reduced_.copy_(full_at_first_.view({outer_, copies_, -1})
                     .sum(1, /*keepdim=*/false, at::kDouble)
                     .view(reduced_.sizes()));
  at_first_ = reduced_.clone();
}

at::Tensor Reduction::FullGradient(const at::Tensor& reduced) const {
  const at::NoGradGuard no_grad;
  at::Tensor full = at::zeros_like(full_, full_.options().requires_grad(false),
                                   at::MemoryFormat::Contiguous);
  if (is_sum()) {
    full.view({outer_, copies_, -1}).copy_(reduced.reshape({outer_, 1, -1}));
  } else {
    Live(full).copy_(reduced);
  }
  return full;
}

at::Tensor Reduction::ReducedGradient(const at::Tensor& full) const {
  const at::NoGradGuard no_grad;
  return is_sum() ? full.reshape({outer_, copies_, -1})
                        .select(1, 0)
                        .view(reduced_.sizes())
                  : Live(full);
}

}  // namespace nclab
