// The one accumulation: features and labels in batches -> Moments.
#ifndef NCLAB_METRICS_STATISTICS_SUMS_CLASS_MOMENTS_H_
#define NCLAB_METRICS_STATISTICS_SUMS_CLASS_MOMENTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "metrics/statistics/kept/moments.h"

namespace nclab {

// Sums around a shift per class, the first sample of the class seen, in fp64:
//   s_c = sum (h - shift_c),  q_c = sum |h - shift_c|^2,
//   mu_c = shift_c + s_c / n_c,  scatter_c = q_c - |s_c|^2 / n_c.
// The last difference loses log2(q_c / scatter_c) bits: about one if the first
// sample is as far from the mean as most are, never more than log2(n_c), and
// whatever the global mean is. (Plain E h^2 - mu^2 in fp32 is off by 37 % at a
// ratio of 1e-5.)
//
// On the CPU fp32 and fp64 features go through a kernel that reads each once;
// the result does not depend on the number of threads. Elsewhere the same sums
// are tensor operations on the device, and Finish() is the only transfer.
class ClassMoments {
 public:
  // Room for `classes` classes of `dim`-dimensional features on `device`.
  ClassMoments(int64_t classes, int64_t dim, at::Device device);

  // features: [B, D] floating, labels: int64 [B] in 0 .. classes-1 (the
  // caller has checked), both on the device.
  void Add(const at::Tensor& features, const at::Tensor& labels);

  // As Add(), always by tensor operations: what other devices run, callable
  // on the CPU for tests.
  void AddByTensorOperations(const at::Tensor& features,
                             const at::Tensor& labels);

  // As if `other`, of other samples, had been added here too.
  void Merge(const Moments& other);

  Moments Finish() const;

 private:
  void SetShifts(const at::Tensor& features, const at::Tensor& labels);

  int64_t classes_;
  int64_t dim_;
  at::Tensor count_;   // int64 [K]
  at::Tensor shift_;   // fp64 [K, D]
  at::Tensor sum_;     // fp64 [K, D]
  at::Tensor square_;  // fp64 [K, B], B the blocks of columns
};

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_SUMS_CLASS_MOMENTS_H_
