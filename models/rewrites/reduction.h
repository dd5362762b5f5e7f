// A parameter that a model computes with in fewer numbers than it has.
//
// Let w be the numbers of a parameter, and let the loss depend on them only
// through u = A w, where the rows of A are orthonormal. The model then computes
// with u alone, and the gradient of w is A^T g_u. Two such A are used:
//
//   Positions: A selects numbers. The other positions of a kernel meet nothing
//   but padding.
//
//   Copies: c numbers w_1 ... w_c meet inputs that are equal, so only
//   s = w_1 + ... + w_c counts: A = (1 ... 1) / sqrt(c), u = s / sqrt(c). In
//   terms of s, the gradient of each w_b is g_s.
//
// experiments/recipes/reductions.h says when training u is training w.
#ifndef NCLAB_MODELS_REWRITES_REDUCTION_H_
#define NCLAB_MODELS_REWRITES_REDUCTION_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

namespace nclab {

class Reduction {
 public:
  // Of `full` [out, in, height, width] only `size` rows and columns from
  // `first` on. `why` is for people: "4 of 9 kernel positions touch the image".
  static Reduction Positions(std::string why, const at::Tensor& full,
                             std::array<int64_t, 2> first,
                             std::array<int64_t, 2> size);

  // Of `full`, seen as [outer, copies, rest], the sums over the copies, a
  // tensor of the shape `shape`.
  static Reduction Copies(std::string why, const at::Tensor& full,
                          int64_t outer, int64_t copies, at::IntArrayRef shape);

  const std::string& why() const { return why_; }
  const at::Tensor& full() const { return full_; }
  // A leaf that wants a gradient if `full` did.
  const at::Tensor& reduced() const { return reduced_; }
  // How many numbers of `full` a number of `reduced` is the sum of.
  int64_t copies() const { return copies_; }
  // True if `reduced` cannot be read off `full` to the last bit.
  bool is_sum() const { return copies_ > 1; }

  // Writes `full` so that the loss is that of `reduced`: each copy moves by the
  // same, the other positions stay. A pure function of `reduced` and of what
  // `full` was when this was made, or at FromFull().
  void ToFull() const;
  // Takes `reduced` from `full`.
  void FromFull();

  // The gradient of `full`, from that of `reduced`; and back, exactly.
  at::Tensor FullGradient(const at::Tensor& reduced) const;
  at::Tensor ReducedGradient(const at::Tensor& full) const;

 private:
  Reduction(std::string why, const at::Tensor& full);

  at::Tensor Live(const at::Tensor& full) const;  // the positions, a view

  std::string why_;
  at::Tensor full_, reduced_;
  std::array<int64_t, 2> first_ = {0, 0}, size_ = {0, 0};  // Positions
  int64_t outer_ = 0, copies_ = 1;                         // Copies
  at::Tensor full_at_first_, at_first_;  // Copies: w and s then
};

}  // namespace nclab

#endif  // NCLAB_MODELS_REWRITES_REDUCTION_H_
