// A parameter that is trained in fewer numbers than it has.
//
// Let w be the n numbers of a parameter, and let the loss depend on them only
// through u = A w, where the rows of A are orthonormal; let B complete them to
// an orthogonal matrix. Then the gradient is g = A^T g_u, and SGD with
// momentum, v' = m v + g, w' = w - lr v', falls apart into
//   (A v)' = m (A v) + g_u,  (A w)' = A w - lr (A v)'   SGD on u,
//   (B v)' = m (B v),        (B w)' = B w - lr (B v)'   v = 0 stays 0, B w too.
// So training u alone and writing w = w_0 + A^T (u - u_0) where somebody wants
// to see w is the same training, but for rounding. Two such A are used:
//
//   Taps: A selects numbers. The others meet nothing but padding; they keep
//   their initial values, and their momentum is 0.
//
//   Copies: c numbers w_1 ... w_c meet inputs that are equal, so only
//   s = w_1 + ... + w_c counts: A = (1 ... 1) / sqrt(c), u = s / sqrt(c). In
//   terms of s: g_s = g_u / sqrt(c) is the gradient of each w_b, v_s = m v_s +
//   g_s its momentum, and s' = s - c lr v_s: c times the step. The differences
//   between the w_b stay what they were.
//
// With weight decay B w would shrink as well; that is not offered.
#ifndef NCLAB_MODELS_REWRITES_REDUCTION_H_
#define NCLAB_MODELS_REWRITES_REDUCTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace nclab {

// `size` neighbours from `first` on.
struct Range {
  int64_t first = 0;
  int64_t size = 0;
};

class Reduction {
 public:
  // Of `full` [out, in, height, width] only these rows and columns are trained.
  // `why` is for people: "4 of 9 taps touch the image".
  static Reduction Taps(std::string why, const at::Tensor& full, Range rows,
                        Range columns);

  // `full`, seen as [outer, copies, rest], is trained as its sums over the
  // copies, a tensor of the shape `shape`.
  static Reduction Copies(std::string why, const at::Tensor& full,
                          int64_t outer, int64_t copies, at::IntArrayRef shape);

  const std::string& why() const { return why_; }
  const at::Tensor& full() const { return full_; }
  // What is trained: a leaf that wants a gradient if `full` did.
  const at::Tensor& reduced() const { return reduced_; }
  // The learning rate of `reduced`, over that of all others.
  int64_t step_scale() const { return copies_; }
  // True if `reduced` cannot be read off `full` to the last bit.
  bool is_sum() const { return copies_ > 1; }

  // Writes `full` as training it would have left it. A pure function of
  // `reduced` and of what `full` was when this was made, or at FromFull().
  void ToFull() const;
  // Takes `reduced` from `full`.
  void FromFull();

  // Momentum buffers of `full` and of `reduced`, one out of the other, exactly.
  at::Tensor FullMomentum(const at::Tensor& reduced) const;
  void ReduceMomentum(const at::Tensor& full, const at::Tensor& reduced) const;

 private:
  Reduction(std::string why, const at::Tensor& full);

  at::Tensor Live(const at::Tensor& full) const;  // the taps, a view

  std::string why_;
  at::Tensor full_, reduced_;
  Range rows_, columns_;                 // Taps
  int64_t outer_ = 0, copies_ = 1;       // Copies
  at::Tensor full_at_first_, at_first_;  // Copies: w_0 and s_0
};

}  // namespace nclab

#endif  // NCLAB_MODELS_REWRITES_REDUCTION_H_
